"""Each normative document's worked example, run: what the page shows is what the implementation makes of it.

The example of NAME.md is run by `test_example_of_NAME`, here or in test_dialect_examples.py. Blocks that are marked
with a type are also held against its schema (test_prose.py).
"""

import hashlib
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from timestep import Agent, GuardrailResult, Handoff, InputGuardrail, function_tool, run_agent
from timestep.agent import manifest, manifest_digest
from timestep.codec import document as codec
from timestep.codec import journal, proto, strict_json
from timestep.codec.digest import call_digest, canonical_json
from timestep.errors import StateConflictError, StateNotFoundError
from timestep.handoffs.handoff import tool_name_for
from timestep.loop.advance import advance
from timestep.loop.manifest import manifest_of
from timestep.loop.tree import document_of, tree_of
from timestep.providers.protocol import ModelResponse
from timestep.providers.routing import route
from timestep.providers.routing_rules import read_rules
from timestep.state import read, write
from timestep.stores.memory import MemoryKeeper
from timestep.stores.run_states import DocumentStore
from timestep.testing import ScriptedModel, tool_call
from timestep.testing.scripted import message
from timestep.types.events import event_from_json
from timestep.types.state import Usage

from .pages import ROOT, blocks, json_of, page, refusals, values


def run_of_state_md(**changes):
    """Return the state that is the example of state.md, read; `changes` are made to its JSON before."""
    (value,) = json.loads(json.dumps(values("state.md")))
    value["approvals"] = changes.get("approvals", [])
    value["requires"] = changes.get("requires", [])
    value["runs"][0]["calls"][1].update(changes.get("call", {}))
    return read(json.dumps(value))


# --- how each example is held


def test_example_of_core():
    """TS-CORE-021, TS-CORE-022: the canonical form and the digest are those of the code, and of plain SHA-256."""
    given, canonical, call = blocks("core.md")
    assert canonical_json(strict_json.loads(given.text.encode())) == canonical.text.rstrip("\n").encode()
    domain, *parts = call.value
    told = re.search(r"have the digest `(.*?)`", page("core.md"))[1]
    compact = json.dumps([domain, *parts], separators=(",", ":"), ensure_ascii=False).encode()
    assert call_digest(*parts) == told == f"sha256:{hashlib.sha256(compact).hexdigest()}"


def test_example_of_state():
    """TS-STATE-001, TS-STATE-017: it is read, written again equal, and the second call waits."""
    (value,) = values("state.md")
    found = run_of_state_md()
    assert json_of(found.document) == json.loads(write(found, "timestep").data) == value
    assert [asked.call_id for asked in found.get_interruptions()] == ["c2"]


def test_example_of_items():
    """TS-ITEM-010, TS-ITEM-004: of an answer of three items one gets a ledger entry, and its output is bound to it."""
    answer, call, output = values("items.md")
    responded = {"type": "model.responded", "run": "r1", "output": answer, "usage": USAGE}
    steps = [given["event"] for given in story() if "event" in given][:2]
    tree = gone_through(example_manifest(), [*steps, responded])
    (run,) = json_of(document_of(tree))["runs"]
    assert [entry["item"] for entry in run["log"][1:4]] == answer
    assert run["calls"] == [call]
    tree = gone_through(
        example_manifest(),
        [
            {"type": "tool.starting", "run": "r1", "items": [call["item"]]},
            {"type": "tool.finished", "run": "r1", "item": call["item"], "outputs": [output]},
        ],
        tree,
    )
    (ended,) = json_of(document_of(tree))["runs"][0]["calls"]
    assert (ended["state"], ended["outputs"]) == ("completed", [4])
    assert codec.decode(codec.encode(document_of(tree)))


USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


def test_example_of_tools():
    """TS-TOOL-001, TS-TOOL-020, TS-TOOL-021: the entry is read in its run; such a function has that schema."""
    call, definition = values("tools.md")
    assert json_of(run_of_state_md(call=call).document)["runs"][0]["calls"][1] == call

    @function_tool
    def send_email(to: str, urgent: bool = False) -> str:  # noqa: D417 - the page's tool says nothing of it
        """Send an e-mail.

        Args:
            to: the address.
        """
        return f"{to} {urgent}"

    assert send_email.definition() == definition


def test_example_of_approvals():
    """TS-APPR-001, TS-APPR-014: deciding gives the approval shown, and a state with it is read as decided."""
    exact, sticky = values("approvals.md")
    for given, always, requires in ((exact, False, []), (sticky, True, ["sticky"])):
        found = run_of_state_md()
        found.approve("c2", always_approve=always, by=given["by"])
        (made,) = json_of(found.document)["approvals"]
        assert made.keys() == given.keys()
        assert {**made, "at": given["at"]} == given
        assert json_of(found.document)["requires"] == requires
        again = run_of_state_md(approvals=[given], requires=requires, call={"state": "approved"})
        assert [asked.state for asked in again.listed()] == ["approved"]


async def test_example_of_guardrails():
    """TS-GUARD-012, TS-GUARD-002: a run whose guardrail blocks that call keeps this result and tells the model so."""
    result, output = values("guardrails.md")

    @function_tool
    def send_email(to: str) -> str:
        """Send."""
        return to

    send_email.input_guardrails.append(
        InputGuardrail(lambda _tool, _args: GuardrailResult.block(result["message"]), name=result["name"])
    )
    calls = [tool_call("get_weather", {"city": "Oslo"}, "c1"), tool_call("send_email", {"to": "bob@example.com"}, "c2")]
    agent = Agent("Assistant", ScriptedModel([calls, "No mail."]), tools=[weather(), send_email])
    done = await run_agent(agent, "Weather, then mail Bob")
    (run,) = json_of(done.state.document)["runs"]
    assert run["guardrails"]["results"] == [result]
    assert run["calls"][1]["state"] == "blocked"
    assert [run["log"][at]["item"] for at in run["calls"][1]["outputs"]] == [output]


def weather():
    """Return the tool of the pages' agent."""

    @function_tool(effect="read")
    def get_weather(city: str) -> str:
        """Tell the weather."""
        return "sunny" if city else ""

    return get_weather


def test_example_of_handoffs():
    """TS-HAND-001, TS-HAND-009: the manifest is that of such agents, to the digest, and names make the same tool."""

    @function_tool
    def send_email(to: str) -> str:
        """Send."""
        return to

    graph, entry = values("handoffs.md")
    reached = Agent("Weather Assistant", tools=[weather()])
    triage = Agent("Triage", tools=[send_email], handoffs=[reached, Handoff(Agent("Billing"), "delegate")])
    assert manifest(triage) == graph
    bare = {name: value for name, value in graph.items() if name != "digest"}
    assert manifest_digest(graph) == f"sha256:{hashlib.sha256(canonical_json(bare)).hexdigest()}" == graph["digest"]
    assert tool_name_for("Q&A") == tool_name_for("Q A") == entry["tool"]
    (made,) = manifest(Agent("A", handoffs=[Agent(entry["agent"])]))["agents"][0]["handoffs"]
    assert made == entry


def story():
    """Return the lines of the example of transitions.md."""
    return values("transitions.md")[1]


def example_manifest():
    """Return the manifest of the example of transitions.md, ready to be asked."""
    return manifest_of(values("transitions.md")[0])


def gone_through(rules, events, tree=None):
    """Return the state after events."""
    for event in events:
        tree, _ = advance(rules, tree, event_from_json(event))
    return tree


def test_example_of_transitions():
    """TS-TRANS-010: each event gives the effects below it, and the last one the state."""
    assert values("transitions.md")[0]["agents"] == manifest(Agent("Assistant", tools=[weather()]))["agents"]
    rules, tree, lines = example_manifest(), None, story()
    for given, follows in zip(lines[::2], lines[1::2], strict=True):
        assert refusals("Event", given["event"]) == []
        tree, effects = advance(rules, tree, event_from_json(given["event"]))
        assert json.loads(msgspec.json.encode(effects)) == follows["effects"]
        assert [fault for effect in follows["effects"] for fault in refusals("Effect", effect)] == []
    assert json_of(document_of(tree)) == values("transitions.md")[2]


def test_example_of_loop_values():
    """TS-TRANS-007, TS-ITEM-011: calls of no tool get these outputs, each in its shape, and these ledger entries."""
    answer, appended, ledger = values("loop-values.md")
    graph = values("transitions.md")[0]
    graph["agents"][0]["tools"] = []
    first, prepared = [given["event"] for given in story() if "event" in given][:2]
    responded = {"type": "model.responded", "run": "r1", "output": answer, "usage": USAGE}
    tree = gone_through(manifest_of(graph), [first, prepared, responded])
    (run,) = json_of(document_of(tree))["runs"]
    assert [entry["item"] for entry in run["log"][1:]] == [*answer, *appended]
    assert run["calls"] == ledger


async def test_example_of_events():
    """TS-EVENT-001, TS-EVENT-004: that run tells these events in this order, pieces too."""
    answers = [given["event"] for given in story() if given.get("event", {}).get("type") == "model.responded"]
    script = [ModelResponse(output=each["output"], usage=msgspec.convert(each["usage"], Usage)) for each in answers]
    script[1] = ModelResponse(output=[message("It is sunny.")], usage=script[1].usage)
    agent = Agent("Assistant", ScriptedModel(script), tools=[weather()])
    told = [event async for event in run_agent(agent, "Weather in Oslo?", stream=True, result_processor=None)]
    (lines,) = values("events.md")
    assert [{**event, "run": "r1"} for event in told] == lines
    assert [fault for line in lines for fault in refusals("StreamEvent", line)] == []


def test_example_of_sessions():
    """TS-SESS-003, TS-SESS-010: both forms are one list; lines stay lines for an SDK, and become the object for us."""
    whole, lines = blocks("sessions.md")
    from_object, from_lines = read(whole.text.encode()), read(lines.text.encode())
    assert from_object.items == from_lines.items == whole.value["items"]
    assert lines.value == [{name: whole.value[name] for name in whole.value if name != "items"}, *whole.value["items"]]
    for found in (from_object, from_lines):
        assert json.loads(write(found, "timestep").data) == whole.value
    assert [json.loads(line) for line in write(from_lines, "openai-agents-python").data.splitlines()] == lines.value


async def test_example_of_stores(tmp_path):
    """TS-STORE-003 to TS-STORE-006: memory and SQLite give these answers, one store object a line."""
    (lines,) = values("stores.md")
    for place in (MemoryKeeper(), tmp_path / "runs.sqlite3"):
        for line in lines:
            store = DocumentStore(session_id=line.get("session", "ann"), connection=place)
            assert await answered(store, line) == {name: line[name] for name in ANSWERS if name in line}, line


ANSWERS = ("version", "gives", "error")


async def answered(store, line):
    """Return what a store answers to a line of the example."""
    try:
        if "save" in line:
            return {"version": await store.save(document_for(line), expected=line["over"])}
        found, version = await store.load_version(line["load"])
    except (StateConflictError, StateNotFoundError) as error:
        return {"error": error.code}
    return {"gives": [found.id, version]}


def document_for(line):
    """Return a document with the id, revision and step of a line."""
    (value,) = json.loads(json.dumps(values("state.md")))
    if line["step"] != "interrupted":
        value["runs"][0]["step"] = {"type": line["step"]}
    return msgspec.structs.replace(codec.from_json(value), id=line["save"], revision=line["revision"])


def test_example_of_routing():
    """TS-ROUTE-009, TS-ROUTE-017: the fourth line's name leads there (for all lines: test_routing_rules.py)."""
    rules, lines, resolved = blocks("routing.md")
    line = lines.value[3]
    made = route(read_rules(rules.text), line["name"], line["keys"])
    assert msgspec.to_builtins(made) == resolved.value
    assert line["to"] == [[made.base_url, made.model, made.key]]


def test_example_of_protobuf():
    """TS-PROTO-001, TS-PROTO-003: the event has these bytes, and they stand for it again."""
    event, dump = blocks("protobuf.md")
    data = bytes.fromhex(dump.text)
    assert proto.encode("Event", event.value) == data
    assert json.loads(proto.decode("Event", data)) == event.value


def test_example_of_conformance():
    """TS-CONF-002, TS-CONF-010, TS-CONF-021: the reference as a testee says what the page says that it does."""
    (lines,) = values("conformance.md")
    command = [sys.executable, str(ROOT / "conformance/testees/reference")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as testee:
        limit = threading.Timer(30, testee.kill)
        limit.start()
        try:
            _talked_through(lines, testee)
            testee.stdin.close()
            assert testee.stdout.read() == ""
        finally:
            limit.cancel()
    assert testee.returncode == 0


def _talked_through(lines, testee):
    """Send a testee what a transcript sends, and compare what comes; `...` is any text, and then the one that came."""
    came = ""
    for line in lines:
        if "to" in line:
            testee.stdin.write(json.dumps(line["to"]).replace('"..."', came) + "\n")
            testee.stdin.flush()
            continue
        found, wanted = json.loads(testee.stdout.readline()), json.dumps(line["from"])
        if '"..."' in wanted:
            came = json.dumps(found["ok"]["version"] if found["id"] == 0 else found["ok"]["state"]["text"])
        if "err" in found:  # what is said beside them is free
            found["err"] = {name: found["err"][name] for name in ("code", "pointer") if name in found["err"]}
        assert found == json.loads(wanted.replace('"..."', came))


def test_example_of_durability():
    """TS-DUR-002: the change, applied to the state of state.md, has the call begun; a crash now puts it in doubt."""

    @function_tool(needs_approval=True)
    def send_email(to: str) -> str:
        """Send."""
        return to

    state = run_of_state_md()
    state.approve("c2")
    started = journal.applied(state.document, [journal.decode(json.dumps(values("durability.md")[0]).encode())])
    assert [call.state for call in started.runs[0].calls] == ["completed", "started"]
    rules = manifest_of(manifest(Agent("Assistant", tools=[weather(), send_email])))
    after, _ = advance(rules, tree_of(started), event_from_json({"type": "run.resumed", "run": "r1"}))
    assert (after.root.step.reason, after.root.calls[-1].state) == ("indeterminate", "indeterminate")


# --- that each document has an example, and each example a test


def normative():
    """Return the normative documents that the table of README.md lists."""
    return re.findall(r"^\| \[[^]]+\]\(([^)]+\.md)\) \|[^|]*\| normative \|", page("README.md"), re.MULTILINE)


@pytest.mark.parametrize("document", normative())
def test_a_normative_document_has_one_worked_example(document):
    """There is one section "Example", the last one, and it has blocks to run, of languages that are run."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page(document), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    assert [heading for heading in headings if "xample" in heading] == headings[-1:] == ["Example"]
    assert blocks(document)
    assert {block.language for block in blocks(document)} <= {"json", "jsonl", "text"}


def test_every_worked_example_is_run():
    """A document whose example no test runs is found, and so is a test of an example that no document has."""
    names = {f"test_example_of_{Path(name).stem.replace('-', '_')}" for name in normative()}
    written = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_examples.py"))
    assert set(re.findall(r"^(?:async )?def (test_example_of_\w+)\(", written, re.MULTILINE)) == names
    assert len(names) == len(normative())
