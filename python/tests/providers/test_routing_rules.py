"""Rules from outside: documents, what is refused in them and where, and what the environment adds."""

import doctest
import json
import re
import sys
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from timestep.errors import CodecError, TimestepError, UserError, VersionError
from timestep.providers import routing_rules
from timestep.providers.routing import (
    BUILT_IN,
    OLLAMA_KEY,
    OPENAI_KEY,
    ProviderRule,
    Retry,
    RoutingRules,
    route,
    route_with_fallbacks,
)
from timestep.providers.routing_rules import available_keys, environment_rules, ollama_url, read_rules

SPEC = Path(__file__).resolve().parents[3] / "spec"
SCHEMA = json.loads((SPEC / "schema/v1/routing-rules.schema.json").read_text(encoding="utf-8"))
EXAMPLES = SPEC / "schema/v1/examples/RoutingRules"
HEAD = {"format": "timestep.routing-rules", "format_version": "1.0"}
SENTINEL = "sentinel-0123456789"


def text(**members):
    """Return a document."""
    return json.dumps({**HEAD, **members})


def refused(document, **options):
    """Return the error for a document."""
    with pytest.raises(TimestepError) as caught:
        read_rules(document, **options)
    return caught.value


def test_the_smallest_document_is_the_built_in_rules():
    """TS-ROUTE-001: all but its head may be left out."""
    assert read_rules(text()) == RoutingRules()
    assert read_rules(text().encode()) == RoutingRules()


def test_a_document_says_what_it_says():
    """TS-ROUTE-001: each member has its place in the rules."""
    rules = read_rules((EXAMPLES / "valid/everything.json").read_bytes())
    assert rules.providers["gpu"] == ProviderRule(
        kind="ollama",
        target="local",
        local_base_url="http://gpu:11434",
        cloud_base_url="https://ollama.com",
        allow_private=True,
    )
    assert (rules.default_model, rules.unknown_prefix) == ("acme/large", "model_id")
    assert rules.fallbacks == {"acme/large": ["cloud/gpt-oss:120b-cloud", "gpu/llama3.2"], "gpt-4.1": []}
    assert rules.retry == Retry(attempts=2, first_delay=0, max_delay=5.5, max_seconds=60)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("valid/*.json")), ids=lambda path: path.stem)
def test_a_valid_example_is_read(path):
    """TS-ROUTE-001: what the schema takes as an example, the reader takes."""
    read_rules(path.read_bytes())


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(EXAMPLES.glob("invalid/*.json")) if not path.name.endswith(".expect.json")],
    ids=lambda path: path.stem,
)
def test_an_invalid_example_is_refused_where_the_schema_refuses_it(path):
    """TS-ROUTE-001: reader and schema name the same place."""
    expected = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    error = refused(path.read_bytes())
    assert error.pointer == expected["pointer"]
    assert error.code in {"routing-rules", "base-url"}
    assert error.requirement


def test_a_fault_is_told_with_its_place_in_the_file():
    """TS-ROUTE-002: file, line and column, the member's name, and the one that was probably meant."""
    document = '{"format": "timestep.routing-rules",\n "format_version": "1.0",\n "fallback": {}}'
    error = refused(document, file="rules.json")
    assert (error.code, error.file, error.line, error.column) == ("routing-rules", "rules.json", 3, 14)
    assert (error.pointer, error.requirement) == ("/fallback", "TS-ROUTE-002")
    assert "'fallback'" in error.message
    assert error.help == "did you mean 'fallbacks'?"
    assert refused(text(zebra=1)).help.startswith("known members: format, ")


def test_code_of_the_callers_is_sent_back_to_code():
    """TS-ROUTE-013: a document has no place for it."""
    error = refused(text(providers={"mine": {"kind": "custom"}}))
    assert (error.pointer, error.message) == ("/providers/mine/kind", 'a "custom" provider is code')


def test_a_text_that_is_no_json_is_told_with_its_file():
    """TS-ROUTE-001: with the codec's own code."""
    error = refused('{"format": ', file="rules.json")
    assert isinstance(error, CodecError)
    assert (error.code, error.file, error.line) == ("json-truncated", "rules.json", 1)
    assert refused(b"\xff").file is None
    assert refused("\ud800").code.startswith("json-")


def test_a_huge_or_deep_text_is_refused():
    """TS-ROUTE-001: rules are a page, not a database."""
    assert refused(" " * (1024 * 1024) + text()).code == "json-size"
    assert refused(text(retry=json.loads("[" * 20 + "]" * 20))).code == "json-depth"


@pytest.mark.parametrize(
    ("version", "code"),
    [("2.0", "version-unsupported"), ("0.9", "version-unsupported"), ("1", "version-shape"), ("1.01", "version-shape")],
)
def test_another_major_version_is_refused_before_its_members_are_looked_at(version, code):
    """TS-VERS-001, TS-VERS-002: a later version may have members that this one does not know."""
    error = refused(text(format_version=version, routes=[]))
    assert isinstance(error, VersionError)
    assert (error.code, error.pointer, error.line) == (code, "/format_version", 1)


@pytest.mark.parametrize(
    "key",
    [
        f"sk-{SENTINEL}",
        "sk_live_SENTINEL0123456789abcdef",
        "AKIAIOSFODNN7SENTINE",
        SENTINEL,
        "api_key",
        "A KEY",
        "1KEY",
        "SENTINEL=0123456789",
        "$SENTINEL",
        "S" * 129,
        "SENTINEL\n",
    ],
)
def test_what_is_no_variables_name_is_refused_and_not_repeated(key):
    """TS-ROUTE-011: it may well be the key itself."""
    error = refused(text(providers={"acme": {"kind": "openai", "base_url": "https://a.example", "key": key}}))
    assert (error.code, error.pointer, error.requirement) == ("routing-rules", "/providers/acme/key", "TS-ROUTE-011")
    assert key.strip() not in error.render()
    assert "SENTINEL" not in error.render().upper()


@pytest.mark.parametrize("member", ["api_key", "apikey", "token", "secret", "headers_authorization"])
def test_a_member_for_a_key_itself_is_told_where_keys_are(member):
    """TS-ROUTE-011: an unknown member's value is not repeated."""
    error = refused(text(providers={"acme": {"kind": "openai", member: SENTINEL}}))
    assert 'in "key"' in error.help
    assert SENTINEL not in error.render()


@pytest.mark.parametrize(
    "members",
    [
        {"default_model": ["Bearer abcdefgh0123456789"]},
        {"unknown_prefix": "sk-proj-abcdefgh0123456789"},
        {"retry": "sk-proj-abcdefgh0123456789"},
        {"format_version": "sk-proj-abcdefgh0123456789"},
        {"providers": {"acme": {"kind": "sk-proj-abcdefgh0123456789"}}},
        {"providers": {"acme": {"kind": "openai", "wire_api": "Bearer abcdefgh0123456789"}}},
        {"providers": {"acme": {"kind": "openai", "base_url": "https://abcdefgh0123456789@a.example"}}},
        {"providers": {"acme": {"kind": "openai", "base_url": "https://a.example/?k=abcdefgh0123456789"}}},
    ],
)
def test_no_message_repeats_what_looks_like_a_secret(members):
    """TS-ROUTE-011: also where a secret has no business at all."""
    assert "abcdefgh0123456789" not in refused(text(**members)).render()


def test_a_long_value_is_not_repeated_whole():
    """An error is for people."""
    assert len(refused(text(unknown_prefix="x" * 100_000)).render()) < 1000
    assert len(refused(text(retry={"attempts": 10**300})).render()) < 1000


def test_names_may_have_the_prefixes_of_providers_given_in_code():
    """TS-ROUTE-015: a document is then read together with them."""
    document = text(default_model="mine/m", fallbacks={"gpt-4.1": ["mine/x"]})
    assert refused(document).pointer == "/default_model"
    rules = read_rules(document, prefixes={"mine"})
    assert "mine" not in rules.providers
    assert rules.fallbacks == {"gpt-4.1": ["mine/x"]}


def test_numbers_at_their_bounds_are_fine():
    """TS-ROUTE-001: the bounds themselves are in."""
    low = {"attempts": 1, "first_delay": 0, "max_delay": 0, "max_seconds": 0}
    high = {"attempts": 10, "first_delay": 60, "max_delay": 600, "max_seconds": 3600}
    for retry in (low, high):
        assert msgspec.to_builtins(read_rules(text(retry=retry)).retry) == retry
    chain = [f"m{number}" for number in range(16)]
    assert read_rules(text(fallbacks={"o3": chain})).fallbacks == {"o3": chain}


# --- schema and types


def test_the_rules_have_the_members_that_the_schema_lists():
    """TS-ROUTE-001: types, reader and schema know the same ones."""
    kinds = routing_rules
    provider, retry = SCHEMA["$defs"]["provider"]["properties"], SCHEMA["$defs"]["retry"]["properties"]
    for properties, struct, known in (
        (SCHEMA["properties"], RoutingRules, kinds._DOCUMENT),
        (provider, ProviderRule, kinds._PROVIDER),
        (retry, Retry, kinds._RETRY),
    ):
        assert list(properties) == [field.name for field in msgspec.structs.fields(struct)] == list(known)


def test_the_bounds_are_those_of_the_schema():
    """TS-ROUTE-001: the schema refuses what the reader refuses."""
    validator = Draft202012Validator(SCHEMA)
    for name, schema in SCHEMA["$defs"]["retry"]["properties"].items():
        step = 1 if schema["type"] == "integer" else 0.5
        for value in (schema["minimum"], schema["maximum"], schema["minimum"] - step, schema["maximum"] + step):
            document = {**HEAD, "retry": {name: value, **({"max_delay": 600} if name == "first_delay" else {})}}
            if name == "max_delay":
                document["retry"]["first_delay"] = 0
            try:
                read_rules(json.dumps(document))
                taken = True
            except UserError:
                taken = False
            assert taken == validator.is_valid(document), (name, value)


# --- the worked example of the page

PAGE = (SPEC / "routing.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_goes_as_it_says():
    """The document in routing.md, byte for byte, leads where the lines below it say."""
    document = re.search(r"```json RoutingRules\n(.*?)```", PAGE, re.DOTALL)[1]
    rules = read_rules(document)
    lines = re.search(r"```jsonl\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
    assert len(lines) == 5
    for line in map(json.loads, lines):
        chain = route_with_fallbacks(rules, line["name"], line["keys"])
        assert [[each.base_url, each.model, each.key] for each in chain] == line["to"]


def test_the_tables_of_the_page_list_the_members():
    """The tables of a document's members in routing.md leave none out."""
    tables = PAGE.partition("## From a name")[0]
    for struct in (RoutingRules, ProviderRule, Retry):
        for field in msgspec.structs.fields(struct):
            assert f"`{field.name}`" in tables, field.name


def test_the_defaults_of_the_page_are_the_codes():
    """So are the built-in providers."""
    retry = Retry()
    told = f"{retry.attempts}, {retry.first_delay}, {retry.max_delay:g}, {retry.max_seconds:g}"
    assert f"| {told} |" in PAGE
    for prefix, rule in BUILT_IN.items():
        assert f"`{prefix}` (kind `{rule.kind}`, key {rule.key}" in PAGE


# --- the environment


def test_an_empty_environment_adds_nothing():
    """TS-ROUTE-014: the rules stay equal."""
    rules = RoutingRules(providers={"acme": ProviderRule(kind="openai")})
    assert environment_rules({}) == RoutingRules()
    assert (
        environment_rules({"OPENAI_BASE_URL": " ", "OLLAMA_HOST": '""', "OLLAMA_BASE_URL": "http://x"})
        == RoutingRules()
    )
    assert environment_rules({}, rules) == rules


def test_the_environment_names_the_addresses_of_the_built_in_providers():
    """TS-ROUTE-014: they may be private, as those given in code."""
    rules = environment_rules({"OPENAI_BASE_URL": " http://127.0.0.1:1/v1 ", "OLLAMA_HOST": "gpu"})
    assert rules.providers == {
        "openai": ProviderRule(kind="openai", base_url="http://127.0.0.1:1/v1", key=OPENAI_KEY, allow_private=True),
        "ollama": ProviderRule(kind="ollama", key=OLLAMA_KEY, local_base_url="http://gpu:11434", allow_private=True),
    }
    assert rules.default_model == RoutingRules().default_model


def test_the_environment_never_stands_over_what_a_provider_says():
    """TS-ROUTE-014: neither an address nor a key is led elsewhere."""
    providers = {
        "openai": ProviderRule(kind="openai", base_url="https://a.example"),
        "ollama": ProviderRule(kind="ollama", cloud_base_url="https://b.example"),
        "ours": ProviderRule(kind="ollama", base_url="https://c.example"),
        "team": ProviderRule(kind="openai", key="TEAM_API_KEY"),
        "code": ProviderRule(kind="openai", key="api_key"),
        "mine": ProviderRule(kind="custom"),
    }
    rules = RoutingRules(providers=providers)
    assert environment_rules({"OPENAI_BASE_URL": "https://evil.example", "OLLAMA_HOST": "evil"}, rules) == rules


def test_the_key_of_openai_goes_with_its_address():
    """TS-ROUTE-010: and a key that is given for another place does not."""
    environ = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    rules = environment_rules(environ, RoutingRules(providers={"chat": ProviderRule(kind="openai")}))
    assert route(rules, "chat/m", []).key == OPENAI_KEY
    assert route(rules, "chat/m", []).base_url == environ["OPENAI_BASE_URL"]
    assert route(rules, "chat/m", []).allow_private


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":56789", "http://127.0.0.1:56789"),
        ("1.2.3.4:56789", "http://1.2.3.4:56789"),
        ("http://1.2.3.4", "http://1.2.3.4"),
        ("https://1.2.3.4", "https://1.2.3.4"),
        ("https://1.2.3.4:56789", "https://1.2.3.4:56789"),
        ("example.com", "http://example.com:11434"),
        ("example.com/", "http://example.com:11434"),
        ("example.com/path/", "http://example.com:11434/path"),
        ("https://example.com:56789/path", "https://example.com:56789/path"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:1", "http://[::1]:1"),
        ("::1", "http://[::1]:11434"),
        ("::", "http://[::1]:11434"),
        ("[2001:db8::1]", "http://[2001:db8::1]:11434"),
        ("/path", "http://127.0.0.1:11434/path"),
    ],
)
def test_the_host_of_ollama_is_read_as_its_own_clients_read_it(host, url):
    """TS-ROUTE-014: a host, a port, both, or a URL; what no client can connect to is this machine."""
    assert ollama_url(host) == url
    assert environment_rules({"OLLAMA_HOST": f' "{host}" '}).providers["ollama"].local_base_url == url


@pytest.mark.parametrize(
    "host", ["me:sentinel@gpu", "gpu:sentinel", "gpu:99999", "gpu?sentinel", "ftp://gpu", "a b", "[::1"]
)
def test_a_variable_that_holds_no_address_is_told_by_its_name(host):
    """TS-ROUTE-020: without what may be a secret in it."""
    with pytest.raises(UserError, match="OLLAMA_HOST") as caught:
        environment_rules({"OLLAMA_HOST": host})
    assert caught.value.code == "base-url"
    assert "sentinel" not in caught.value.render()
    with pytest.raises(UserError, match="OPENAI_BASE_URL"):
        environment_rules({"OPENAI_BASE_URL": "models.example/v1"})


def test_keys_are_told_by_their_names_alone():
    """TS-ROUTE-017: those that the rules name and the environment has; an empty one is none."""
    rules = RoutingRules(
        providers={"acme": ProviderRule(kind="openai", key="ACME_API_KEY"), "code": ProviderRule(kind="custom")}
    )
    environ = {OPENAI_KEY: SENTINEL, OLLAMA_KEY: " ", "ACME_API_KEY": SENTINEL, "OTHER_API_KEY": SENTINEL}
    assert available_keys(rules, environ) == {OPENAI_KEY, "ACME_API_KEY"}
    assert available_keys(replace(rules, providers={}), environ) == {OPENAI_KEY}
    assert available_keys(rules, {}) == frozenset()


def test_the_examples_of_the_docstrings_are_true():
    """They are what users read first."""
    assert doctest.testmod(routing_rules).attempted


def test_reading_rules_opens_and_imports_no_client():
    """Rules are read for a look at a name, too."""
    before = set(sys.modules)
    read_rules(text())
    assert not {"openai", "ollama", "httpx", "httpx2"} & (set(sys.modules) - before)
