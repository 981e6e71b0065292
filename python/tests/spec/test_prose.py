"""The prose of the specification against what is built: examples, tables, and the rules a schema can't tell."""

import json
import re

import pytest

from timestep import state as public
from timestep.codec import document, strict_json
from timestep.codec.digest import call_digest
from timestep.dialects.account import FLAGS
from timestep.dialects.detect import NUMBERS, RELEASED
from timestep.dialects.ledger import arguments_of
from timestep.errors import TimestepError
from timestep.loop import calls, ends
from timestep.storage.names import file_name
from timestep.tools.context import idempotency_key
from timestep.types import outputs, state
from timestep.types.items import KIND_OF, OUTPUT_OF, is_call

from .pages import ROOT, SPEC, page, refusals

FIXTURES = ROOT / "fixtures"

# --- examples

FENCES = [
    (path, kind, text)
    for path in sorted(SPEC.rglob("*.md"))
    for kind, text in re.findall(
        r"^```json (\w+)\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
]


@pytest.mark.parametrize(("path", "kind", "text"), FENCES, ids=[f"{path.stem}-{kind}" for path, kind, _ in FENCES])
def test_a_marked_example_in_the_prose_validates_and_decodes(path, kind, text):
    """An example marked with a type passes its schema, and a RunState is read too."""
    assert refusals(kind, json.loads(text)) == [], path
    if kind == "RunState":
        assert document.decode(text.encode()).format == state.FORMAT


def test_the_digests_of_the_worked_example_are_right():
    """TS-CORE-022: the digests in state.md are those of its calls."""
    text = next(text for path, kind, text in FENCES if kind == "RunState" and path.name == "state.md")
    run = document.decode(text.encode()).runs[0]
    assert [call.digest for call in run.calls] == [digest(run, call) for call in run.calls]


def digest(run, call):
    """Return the digest that a call should have."""
    entry = run.log[call.item]
    return call_digest(run.id, entry.agent or "", list(call.tool), call.call_id, arguments_of(entry.item))


# --- tables


def rows(name, heading):
    """Return the cells of the first table under a heading."""
    section = page(name).partition(f"{heading}\n")[2]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_table_of_assumption_flags_is_the_code_s():
    """TS-VERS-034: versioning.md lists exactly the flags that exist, with their claims."""
    told = {flag.strip("`"): claim for flag, claim in rows("versioning.md", "### Assumption flags")}
    assert told == FLAGS


def test_the_table_of_calls_and_outputs_is_the_code_s():
    """TS-ITEM-010: items.md lists exactly the call types that need a ledger entry."""
    table = [[re.findall(r"`(\w+)`", cell) for cell in row] for row in rows("items.md", "## Calls and outputs")]
    assert {call[0]: output[0] for call, output, _, _ in table} == OUTPUT_OF
    assert {call[0]: kinds[0] for call, _, _, kinds in table} == KIND_OF


def test_the_table_of_features_is_the_code_s():
    """TS-VERS-003: versioning.md lists exactly the must-understand features."""
    assert {
        row[0].strip("`") for row in rows("versioning.md", "## Versions of Timestep's own documents")
    } == state.FEATURES


@pytest.mark.parametrize("family", sorted(RELEASED))
def test_the_version_tables_list_the_released_numbers(family):
    """TS-VERS-012: a dialect's page lists exactly the numbers that the reader takes for released."""
    cells = [cell for row in rows(f"dialects/{family}.md", "## Detection and versions") for cell in row]
    assert {cell for cell in cells if re.fullmatch(r"1\.\d+", cell)} == set(RELEASED[family])


@pytest.mark.parametrize("family", sorted(NUMBERS))
def test_the_tables_of_changes_tell_what_each_number_brought(family):
    """TS-VERS-014: a page of numbers has a row for each, in order, which names the members that tell its files."""
    told = {row[0]: row[1] for row in rows(f"dialects/{family}-numbers.md", "## What each number brought")}
    assert tuple(told) == RELEASED[family]
    names = {row.number: {path[-1] for path in (*row.brought, *row.always)} for row in NUMBERS[family]}
    assert {number: missing for number in names if (missing := names[number] - words(told[number]))} == {}


@pytest.mark.parametrize("family", sorted(NUMBERS))
def test_the_tables_of_shapes_tell_which_numbers_share_one(family):
    """TS-VERS-014: a row holds the numbers between two that brought members which every file has."""
    shapes = []
    for row in NUMBERS[family]:
        shapes = [*shapes, [row.number]] if row.always or not shapes else [*shapes[:-1], [*shapes[-1], row.number]]
    table = rows(f"dialects/{family}-numbers.md", "## Numbers of one shape")
    assert [numbers.split(", ") for numbers, _, _ in table] == shapes


def test_the_texts_that_the_loop_tells_the_model_are_the_code_s():
    """TS-TRANS-007: the table of loop-values.md has each of them, word for word."""
    told = [re.findall(r"`([^`]*)`", text) for _, text in rows("loop-values.md", "## Texts")]
    assert [texts[-1:] if row == 4 else texts[:1] for row, texts in enumerate(told, 1)] == [
        [calls.CUT_OFF], [calls.REUSED], ["There is no tool NAME."], [outputs.REJECTED],
        [calls.IGNORED_HANDOFF], [], [ends._CANCELLED], [ends._BROKEN_OFF],
    ]  # fmt: skip


def test_the_messages_of_steps_are_those_of_the_cases():
    """TS-TRANS-007: what the steps of all cases say, but for what events bring, stands in the table of messages."""
    table = [
        (code, re.sub("[A-Z]{2,}", "(.+)", re.escape(text)))
        for codes, texts in rows("loop-values.md", "These stand in `message` of a step, or of `stop`:\n")
        for code in re.findall(r"`([a-z-]+)`", codes)
        for text in re.findall(r"`([^`]+)`", texts)
    ]
    for code, message in said():
        patterns = [pattern for known, pattern in table if known == code]
        assert any(re.fullmatch(pattern, message) for pattern in patterns), (code, message)
    assert len(said()) > 10


def said():
    """Return the codes and messages of all steps of all cases, but for messages that an event has brought."""
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "conformance/cases/loop").glob("*.json")]
    return {
        (run["step"]["code"], run["step"]["message"])
        for case in cases
        for step in case.get("steps", ())
        for run in step.get("state", {}).get("runs", ())
        if "message" in run["step"]
        and json.dumps(run["step"]["message"]) not in json.dumps([other["event"] for other in case.get("steps", ())])
    }


def test_the_file_names_of_sessions_are_the_code_s():
    """TS-SESS-019, TS-SESS-020: the pairs of agent and conversation in sessions.md have the names that it gives."""
    told = re.findall(r"`([^`]+)` and `([^`]+)` give `([^`]+)\.jsonl`", page("sessions.md"))
    assert [name for _, _, name in told] == [file_name(agent, conversation) for agent, conversation, _ in told]
    assert len(told) == 2


def test_the_idempotency_key_of_tools_md_is_the_code_s():
    """TS-TOOL-034: it is that of the call of the page's example, in the run of state.md."""
    call = json.loads(next(text for path, kind, text in FENCES if (path.name, kind) == ("tools.md", "Call")))
    key = idempotency_key("r1", call["item"], call["digest"])
    assert f"joined by hyphens: `{key}`" in page("tools.md")


def words(cell):
    """Return the names that stand in the code spans of a cell."""
    return {word for span in re.findall(r"`([^`]+)`", cell) for word in re.findall(r"\w+", span)}


def test_every_cause_of_a_deviation_is_described():
    """The pages on the dialects have a row for every slug that the lists of deviations use."""
    told = "".join(page(f"dialects/{name}") for name in PAGES_OF_CAUSES)
    for name in ("deviations.json", "old-deviations.json"):
        causes = json.loads(page(f"dialects/{name}"))["causes"]
        assert causes.keys() <= set(re.findall(r"^\| `([a-z0-9-]+)` \|", told, re.MULTILINE)), name


PAGES_OF_CAUSES = ("differences.md", "openai-agents-js-numbers.md", "openai-agents-python-numbers.md")


# --- the list of changes, and the list of documents


def test_the_changelog_lists_the_rules_of_all_pages():
    """Every rule came with some version, and what the list names is a rule of a page, or was one."""
    pages = {path: path.read_text(encoding="utf-8") for path in SPEC.rglob("*.md")}
    defined = {name for text in pages.values() for name in re.findall(r'<a id="(TS-[A-Z]+-\d{3})"></a>', text)}
    retired = {row["id"] for row in json.loads(page("requirements.json"))["retired"]}
    listed = set()
    for area, first, _, last in re.findall(r"(TS-[A-Z]+)-(\d{3})( to TS-[A-Z]+-(\d{3}))?", page("CHANGELOG.md")):
        listed |= {f"{area}-{number:03}" for number in range(int(first), int(last or first) + 1)}
    assert listed - retired == defined


def test_the_table_of_documents_is_complete():
    """README.md lists every page and list of the specification, and none twice."""
    told = re.findall(r"^\| \[[^]]+\]\(([^)]+)\) \|", page("README.md"), re.MULTILINE)
    assert len(told) == len(set(told))
    kept = [path.relative_to(SPEC) for ending in ("md", "json", "mjs") for path in SPEC.rglob(f"*.{ending}")]
    names = {path.as_posix() for path in kept if path.parts[0] not in {"schema", "adr"}}
    names = {name for name in names if not re.fullmatch(r"dialects/openai-agents-\w+/[0-9.]+\.schema\.json", name)}
    missing = names - set(told) - {"README.md"}
    assert not missing
    assert {name for name in told if not (SPEC / name).exists()} == set()


# --- JSON: one text for each row of the table in core.md

DECIDED = {
    "json-range": [
        b"[123.456e-789]", b"[0.4e00669999999999999999]", b"[-1e+9999]", b"[1.5e+9999]", b"[-123123e100000]",
        b"[123123e100000]", b"[123e-10000000]",
    ],
    "json-surrogate": [
        b'{"\\uDFAA":0}', b'["\\uDADA"]', b'["\\uD888\\u1234"]', b'["\\uD800\\n"]', b'["\\uDd1ea"]',
        b'["\\uD800\\uD800\\n"]', b'["\\ud800"]', b'["\\ud800abc"]', b'["\\uDd1e\\uD834"]', b'["\\uDFAA"]',
        b'["\xed\xa0\x80"]',
    ],
    "json-encoding": [
        b'["\xff"]', b'["\xe9"]', b'["\x81"]', b'["\xf4\xbf\xbf\xbf"]', b'["\xc0\xaf"]',
        b'["\xfc\x83\xbf\xbf\xbf\xbf"]', b'["\xfc\x80\x80\x80\x80\x80"]', b'["\xe0\xff"]',
        b'["\xe6\x97\xa5\xd1\x88\xfa"]',
        '["\u00e9"]'.encode("utf-16-be"), '["\u00e9"]'.encode("utf-16-le"), '["\u00e9"]'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
    "json-depth": [b"[" * 500 + b"]" * 500],
    "json-duplicate": [b'{"a":"b","a":"c"}', b'{"a":"b","a":"b"}'],
    None: [
        b"[-123123123123123123123123123123]", b"[100000000000000000000]",
        b"[-237462374673276894279832749832423479823246327846]",
    ],
}  # fmt: skip


@pytest.mark.parametrize("code", DECIDED)
def test_what_json_leaves_open_is_decided_as_core_md_says(code):
    """The table "What other specifications leave open" of core.md holds for every text of a class."""
    assert {code_of(text) for text in DECIDED[code]} == {code}


def code_of(text):
    """Return the code a text is refused with, or None."""
    try:
        strict_json.loads(text)
    except TimestepError as error:
        return error.code
    return None


# --- what the readers make of real files

STATES = sorted(path for path in FIXTURES.glob("*/*/*.json") if path.name.endswith("decided.json"))
FAMILIES = sorted({path.parent.parent.name for path in STATES})


@pytest.fixture(scope="module", params=FAMILIES)
def read(request):
    """Return all states of a family, read, by file name."""
    paths = [path for path in STATES if path.parent.parent.name == request.param]
    return {path.name: public.read(path, assume=["finished"]) for path in paths}


def test_there_are_states_to_look_at():
    """The corpus has not gone missing."""
    assert len(STATES) > 400


def test_what_is_read_from_real_states_validates(read):
    """Every state the SDKs wrote becomes a document that passes the schema, leftovers included."""
    written = {name: json.loads(public.write(found, "timestep").data) for name, found in read.items()}
    assert {name: found for name, value in written.items() if (found := refusals("RunState", value))} == {}


def broken_rules(found):
    """Yield the rules about a document's inner pointers that it breaks."""
    keys = [agent.key for agent in found.agents]
    ids = [run.id for run in found.runs]
    agents = {approval.agent for approval in found.approvals} - {"*"}
    for place, run in enumerate(found.runs):
        if (run.parent is None) != (place == 0) or (run.parent is not None and run.parent.run not in ids[:place]):
            yield "TS-STATE-002"
        agents |= {run.agent, *run.identities, *(entry.agent for entry in run.log), run.step.to} - {None}
        agents |= {response.agent for response in run.responses} | {
            result.agent for result in run.guardrails.results
        } - {None}
        yield from broken_in(run)
    if len(set(keys)) < len(keys) or agents - set(keys):
        yield "TS-STATE-005"
    if found.id != ids[0] or not found.id.startswith("imp_") or found.revision != 0:
        yield "TS-STATE-003, TS-STATE-004"
    if {approval.run for approval in found.approvals} - {*ids, "*"}:
        yield "TS-APPR-001"


def broken_in(run):
    """Yield the rules about one run's inner pointers that it breaks."""
    if any(not start < end <= len(run.log) for start, end in run.view):
        yield "TS-STATE-011"
    edges = [edge for response in run.responses for edge in (response.start, response.end)]
    if edges != sorted(edges) or (edges and edges[-1] > len(run.log)):
        yield "TS-STATE-012"
    inside = [seq for response in run.responses for seq in range(response.start, response.end)]
    if [call.item for call in run.calls] != [seq for seq in inside if is_call(run.log[seq].item)]:
        yield "TS-TOOL-001"
    if any(output <= call.item for call in run.calls for output in call.outputs):
        yield "TS-TOOL-004"
    if any(call.effect != "once" for call in run.calls):
        yield "TS-TOOL-007"
    if any(call.digest != digest(run, call) for call in run.calls):
        yield "TS-CORE-022"


def test_what_is_read_from_real_states_keeps_the_rules_about_pointers(read):
    """References within a document lead somewhere, ranges are in order, and digests are those of the calls."""
    broken = {name: sorted(set(broken_rules(found.document))) for name, found in read.items()}
    assert {name: rules for name, rules in broken.items() if rules} == {}


def test_a_planted_fault_in_a_pointer_is_found():
    """The check of pointers is able to fail."""
    text = next(text for path, kind, text in FENCES if kind == "RunState" and path.name == "state.md")
    value = json.loads(text)
    value["runs"][0]["view"] = [[0, 9]]
    value["runs"][0]["agent"] = "Nobody"
    value["runs"][0]["calls"][1]["call_id"] = "c3"
    found = set(broken_rules(document.from_json(value)))
    assert {"TS-STATE-011", "TS-STATE-005", "TS-CORE-022"} <= found
