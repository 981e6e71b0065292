"""Where names lead: the cases of the profile router against the reference, and what no case tells."""

import doctest
import importlib.util
import json
import sys
import timeit
import types
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.errors import TimestepError, UserError
from timestep.providers import routing
from timestep.providers.routing import (
    OLLAMA_KEY,
    OPENAI_KEY,
    ProviderRule,
    ResolvedModel,
    RoutingRules,
    cloud_model,
    is_cloud_name,
    route,
    route_at,
    route_with_fallbacks,
    suggestion,
)
from timestep.providers.routing_rules import environment_rules, read_rules

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "conformance/cases/router").glob("*.json"))
#: The cases of the function; those of the client ask models.
CASES = {
    path.stem: case
    for path, case in ((path, json.loads(path.read_text(encoding="utf-8"))) for path in FILES)
    if case["op"] == "route_model"
}
SCHEMAS = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "spec/schema/v1").glob("*.schema.json")]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
CASE_SCHEMA = next(schema for schema in SCHEMAS if schema["title"] == "RouteCase")


def outcome(case, functions=routing):
    """Return what an implementation makes of a case."""
    args = case["args"]
    try:
        rules = RoutingRules()
        if "raw" in args or "rules" in args:
            rules = read_rules(args["raw"] if "raw" in args else json.dumps(args["rules"]))
        if "environ" in args:
            rules = environment_rules(args["environ"], rules)
        if args.get("chain"):
            found = functions.route_with_fallbacks(rules, args["name"], args["keys"])
        else:
            found = functions.route(rules, args["name"], args["keys"])
    except TimestepError as error:
        place = {"pointer": error.pointer} if "pointer" in case["expect"].get("err", {}) else {}
        return {"err": {"code": error.code, **place}}
    return {"ok": msgspec.to_builtins(found)}


@pytest.mark.parametrize("name", CASES)
def test_the_reference_passes_each_case(name):
    """The outcome is the one that was written down by hand."""
    assert outcome(CASES[name]) == CASES[name]["expect"]


def test_each_case_is_well_formed():
    """It fits its schema, and its id is its file's name."""
    validator = Draft202012Validator(CASE_SCHEMA, registry=REGISTRY)
    assert len(CASES) >= 60
    for name, case in CASES.items():
        assert [error.message for error in validator.iter_errors(case)] == []
        assert case["id"] == f"router/{name}"
    titles = [case["title"] for case in CASES.values()]
    assert len(set(titles)) == len(titles)


def test_each_rule_about_the_function_has_a_case():
    """Rules of routing.md that only a driver can keep have none: what is resolved, sent, repeated or recorded."""
    rules = {each for case in CASES.values() for each in case["requirements"]}
    named = {int(each[-3:]) for each in rules if each.startswith("TS-ROUTE-")}
    assert named >= {*range(1, 21), 30}
    assert not named & {21, 22, *range(31, 52)}


def test_the_cases_are_those_of_their_tables(monkeypatch, capsys):
    """tools/gen_router_cases.py makes every file as it is, and none is left over."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    before = set(sys.modules)
    try:
        spec = importlib.util.spec_from_file_location("gen_router_cases", ROOT / "tools/gen_router_cases.py")
        generator = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(generator)
        assert generator.main([]) == 0, capsys.readouterr().out
    finally:
        for name in set(sys.modules) - before:
            if name.startswith("router_cases"):
                del sys.modules[name]


#: Changes of one decision in routing.py.
MUTANTS = [
    (row["find"], row["replace"])
    for row in json.loads((ROOT / "conformance/testees/mutants/texts/router.json").read_text(encoding="utf-8"))
]


def mutant(old, new):
    """Return routing.py with one decision changed, as a module."""
    source = Path(routing.__file__).read_text(encoding="utf-8")
    assert source.count(old) >= 1, f"routing.py no longer has {old!r}"
    module = types.ModuleType("mutant_of_routing")
    sys.modules[module.__name__] = module  # msgspec looks annotations up there
    try:
        exec(compile(source.replace(old, new, 1), "mutant", "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return module


@pytest.mark.parametrize(("old", "new"), MUTANTS, ids=[f"{number}" for number in range(len(MUTANTS))])
def test_a_case_notices_a_changed_decision(old, new):
    """Each changed decision makes at least one case fail; a case alone proves nothing."""
    changed = mutant(old, new)
    for case in CASES.values():
        try:
            if outcome(case, changed) != case["expect"]:
                return
        except (IndexError, KeyError, TypeError, ValueError):
            return
    pytest.fail(f"no case notices {new!r} in the place of {old!r}")


def test_an_unchanged_copy_passes_all_cases():
    """What the mutants are compared with is sound: it is the change that is noticed, and not the copy."""
    copy = mutant('"""Where', '"""Where')
    assert [name for name, case in CASES.items() if outcome(case, copy) != case["expect"]] == []


# --- what no case tells


def test_the_examples_of_the_docstrings_are_true():
    """They are what users read first."""
    assert doctest.testmod(routing).attempted


def refused(name, rules=None):
    """Return the error for a name."""
    with pytest.raises(UserError) as caught:
        route(rules or RoutingRules(), name, [])
    return caught.value


def test_an_unknown_prefix_is_told_with_the_known_ones():
    """TS-ROUTE-004: and with the one that was probably meant, whatever its case."""
    rules = RoutingRules(providers={"ACME": ProviderRule(kind="custom")})
    error = refused("olama/llama3.2", rules)
    assert "known prefixes: ACME, ollama, openai" in error.message
    assert "did you mean ollama/llama3.2?" in error.help
    assert "did you mean ACME/m?" in refused("acme/m", rules).help
    assert "did you mean openai/gpt-4.1?" in refused("OpenAI/gpt-4.1").help
    assert "did you mean" not in refused("meta-llama/Llama-3-8B").help


@pytest.mark.parametrize(
    "name", ["x" * 100_000 + "/y", "x/" + "y" * 100_000, "/" + "y" * 100_000, "ollama/y:" + "z" * 10**5 + ":"]
)
def test_a_long_name_is_not_repeated_whole(name):
    """An error is for people, however long the name."""
    assert len(refused(name).render()) < 1000


def test_code_of_the_callers_gets_the_rest_of_the_name():
    """TS-ROUTE-018: a provider of the kind custom has no address and no API."""
    rules = RoutingRules(providers={"mine": ProviderRule(kind="custom")})
    found = route(rules, "mine/a/b", [])
    expected = ("mine", "custom", None, "a/b", None, None, "prefix")
    assert (found.provider, found.kind, found.base_url, found.model, found.wire_api, found.key, found.rule) == expected


def test_the_name_of_a_model_at_a_rule_has_its_prefix():
    """A provider that is used alone has a rule and a prefix, and no rules."""
    found = route_at(ProviderRule(kind="ollama"), "ollama", "kimi:cloud", [OLLAMA_KEY])
    assert (found.name, found.model, found.rule) == ("ollama/kimi:cloud", "kimi", "ollama-cloud")


@pytest.mark.parametrize(
    ("name", "cloud", "plain"),
    [
        ("llama3-cloud", False, "llama3-cloud"),
        ("my-cloud-model", False, "my-cloud-model"),
        ("cloud", False, "cloud"),
        ("m:cloud", True, "m"),
        ("m:x-cloud", True, "m:x"),
        ("m:CLOUD", True, "m"),
        ("m:local", False, "m:local"),
        ("h:5000/m-cloud", False, "h:5000/m-cloud"),
    ],
)
def test_a_cloud_name_is_told_by_its_tag(name, cloud, plain):
    """As Ollama's server tells it, and so is the name that the cloud itself knows."""
    assert is_cloud_name(name) is cloud
    assert cloud_model(name) == plain


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gpt-oss:20b", "ollama/gpt-oss:20b"),
        ("gpt-oss:20b-cloud", "ollama/gpt-oss:20b-cloud"),
        ("gpt-4.1", None),
        ("ft:gpt-4.1:acme::AbC123", None),
        ("m:", None),
        ("openai/gpt-oss:20b", None),
        ("ollama/gpt-oss:20b", None),
    ],
)
def test_a_bare_name_of_ollamas_form_has_a_suggestion(name, meant):
    """It leads to OpenAI all the same; an error there can tell what was probably meant."""
    assert suggestion(route(RoutingRules(), name, [])) == meant


def test_a_chain_is_routed_whole_or_not_at_all():
    """TS-ROUTE-030: a fallback that leads nowhere is told before anything is asked."""
    rules = RoutingRules(fallbacks={"gpt-4.1": ["nowhere/m"]})
    with pytest.raises(UserError, match="nowhere"):
        route_with_fallbacks(rules, "gpt-4.1", [])


def test_a_name_that_is_its_own_fallback_in_code_is_asked_once():
    """TS-ROUTE-030: a document with such a chain is refused, rules made in code are not looked at."""
    rules = RoutingRules(fallbacks={"gpt-4.1": ["gpt-4.1", "o3"]})
    assert [each.name for each in route_with_fallbacks(rules, "gpt-4.1", [])] == ["gpt-4.1", "o3"]


@pytest.mark.parametrize(
    ("url", "recorded"),
    [
        ("https://models.example:8443/v1", "https://models.example:8443/v1"),
        ("https://me:sentinel@models.example/v1", "https://models.example/v1"),
        ("https://sentinel@sentinel@models.example/v1", "https://models.example/v1"),
        ("https://models.example/v1?key=sentinel", "https://models.example/v1"),
        ("https://models.example/v1#sentinel", "https://models.example/v1"),
    ],
)
def test_what_a_state_keeps_of_an_address_holds_no_secret(url, recorded):
    """TS-ROUTE-051: a client given in code may have an address with a password in it."""
    found = route_at(ProviderRule(kind="openai", base_url=url), "acme", "large", [])
    kept = found.answered_by("large-2026")
    assert kept.base_url == recorded
    assert (kept.provider, kept.model, kept.name, kept.wire_api) == ("acme", "large", "acme/large", "responses")
    assert kept.reported == "large-2026"
    assert "sentinel" not in repr(kept)


def test_what_a_state_keeps_of_code_has_no_address():
    """TS-ROUTE-050: only what there is."""
    kept = route_at(ProviderRule(kind="custom"), "mine", "m", []).answered_by()
    assert (kept.base_url, kept.wire_api, kept.reported) == (None, None, None)


def test_neither_rules_nor_keys_are_changed():
    """TS-ROUTE-017: the same question has the same answer, however often it is asked."""
    rules = RoutingRules(providers={"acme": ProviderRule(kind="openai")}, fallbacks={"gpt-4.1": ["o3"]})
    before = msgspec.json.encode(rules)
    keys = [OPENAI_KEY, OLLAMA_KEY]
    first = [route_with_fallbacks(rules, name, keys) for name in ("gpt-4.1", "ollama/m:cloud", "acme/m")]
    again = [route_with_fallbacks(rules, name, keys) for name in ("gpt-4.1", "ollama/m:cloud", "acme/m")]
    assert first == again
    assert msgspec.json.encode(rules) == before
    assert keys == [OPENAI_KEY, OLLAMA_KEY]


def test_routing_is_quick():
    """It is done for each question, so it costs next to nothing: the bound is ten times what it needs."""
    rules = RoutingRules(providers={f"p{number}": ProviderRule(kind="custom") for number in range(1000)})
    assert min(timeit.repeat(lambda: route(rules, "ollama/m:cloud", [OLLAMA_KEY]), number=100, repeat=5)) < 0.01


def test_a_resolved_model_has_what_its_schema_says():
    """Type and schema list the same members, all of them required."""
    schema = next(each for each in SCHEMAS if each["title"] == "ResolvedModel")
    names = [field.name for field in msgspec.structs.fields(ResolvedModel)]
    assert names == list(schema["properties"]) == schema["required"]
