"""Inputs made to exhaust readers: a typed error within a generous bound, and never a traceback (BARS H1, H2, H6)."""

import json
import time
import tracemalloc

import pytest

from timestep.errors import TimestepError
from timestep.state import RunState, check, read, write

from .mutate import FIXTURES

PYTHON = FIXTURES / "openai-agents-python/0.24.0/one_waiting.undecided.json"
JS = FIXTURES / "openai-agents-js/0.20.0/one_waiting.undecided.json"
BOTH = pytest.mark.parametrize("path", [PYTHON, JS], ids=["python", "js"])
MIB = 2**20
#: The bar is 100 ms + 20 ms a MiB; tests are not timed, so this only tells a hang from a slow machine.
FLOOR, EACH = 2.0, 0.5  # seconds, seconds a MiB
FAR_DEEPER = (100_000, 1_000_000)


def refused(data: bytes) -> TimestepError:
    """Read what must be refused, in bounded time and memory."""
    begun = time.perf_counter()
    with pytest.raises(TimestepError) as raised:
        read(data)
    assert [finding.code for finding in check(data)] == [raised.value.code]
    assert time.perf_counter() - begun < 2 * (FLOOR + EACH * len(data) / MIB)
    return raised.value


def put(path, old: str, new: str) -> bytes:
    """Return a fixture's bytes with one text in it replaced."""
    data = path.read_bytes()
    assert old.encode() in data
    return data.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("depth", FAR_DEEPER)
@pytest.mark.parametrize("bracket", ["[", '{"a":', "[{"])
@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_depth_bombs_are_refused(depth, bracket, closed):
    """A document of brackets alone is refused, closed or not (TS-CORE-006, BARS H1)."""
    closer = {"[": "]", '{"a":': "}", "[{": "}]"}[bracket] if bracket != "[{" else ""
    data = (bracket * depth + ("1" + closer * depth if closed and closer else "")).encode()
    assert refused(data).code in {"json-depth", "json-syntax", "json-truncated"}


@BOTH
@pytest.mark.parametrize("depth", FAR_DEEPER)
def test_depth_bombs_inside_a_state_are_refused_at_their_place(path, depth):
    """A bomb in the user context is refused with the pointer of the level that is too deep (BARS H1)."""
    data = path.read_bytes()
    value = json.loads(data)
    value["context"]["context"] = {"bomb": "@"}
    bomb = "[" * depth + "]" * depth
    error = refused(json.dumps(value).replace('"@"', bomb, 1).encode())
    assert error.code == "json-depth"
    assert (error.pointer or "").startswith("/context/context/bomb/0/0")


@BOTH
def test_depth_bombs_in_argument_text_do_no_harm(path):
    """Arguments are text: however deep the JSON in it, nothing recurses (TS-ITEM-003, BARS H1)."""
    value = json.loads(path.read_bytes())
    text = json.dumps(value).replace('{\\"to\\":', "[" * 100_000 + '{\\"to\\":')
    assert text != json.dumps(value)
    error_or_state = None
    try:
        error_or_state = read(text)
    except TimestepError as error:
        error_or_state = error
    assert error_or_state is not None
    check(text)


@pytest.mark.parametrize("name", ["functionApprovals", "functionToolStateKey", "output"])
def test_depth_bombs_in_text_that_is_parsed_do_no_harm(name):
    """Keys and outputs that readers parse as JSON are no way to exhaust the stack (BARS H1)."""
    bomb = "[" * 200_000
    value = json.loads((JS.parent / "handoff_before_interruption.decided.json").read_bytes())
    if name == "functionApprovals":
        value["context"][name] = [{"agentIdentity": "X", "approvals": {bomb: {"approved": True, "rejected": []}}}]
    elif name == "functionToolStateKey":
        value["currentStep"]["data"]["interruptions"][0][name] = bomb
    else:
        outputs = [item for item in value["generatedItems"] if item["rawItem"]["type"] == "function_call_result"]
        outputs[0]["rawItem"]["output"] = {"type": "text", "text": bomb}
    data = json.dumps(value).encode()
    check(data)
    try:
        state = read(data)
    except TimestepError:
        return
    assert isinstance(state, RunState)
    for target in ("openai-agents-js", "openai-agents-python", "timestep"):
        write(state, target)


@BOTH
def test_files_over_16_mib_are_refused_unread(path):
    """More than 16 MiB is refused whatever is in it, also when it looks like JSON lines (BARS H6)."""
    data = path.read_bytes()
    assert refused(data + b" " * (16 * MIB)).code == "json-size"
    assert refused(b'{"role":"user","content":"x"}\n' * (16 * MIB // 30 + 1)).code == "json-size"


@BOTH
def test_strings_over_4_mib_are_refused_at_their_place(path):
    """A string of more than 4 MiB is refused with its pointer; one of 3 MiB is read (BARS H6)."""
    old = "@"
    value = json.loads(path.read_bytes())
    value["context"]["context"] = {"text": old}
    text = json.dumps(value)
    error = refused(text.replace('"@"', '"' + "a" * (4 * MIB + 1) + '"', 1).encode())
    assert (error.code, error.pointer) == ("json-string", "/context/context/text")
    assert isinstance(read(text.replace('"@"', '"' + "a" * (3 * MIB) + '"', 1).encode()), RunState)


@BOTH
def test_lists_over_100_000_items_are_refused_at_their_place(path):
    """A list of more than 100,000 members is refused with its pointer (BARS H6)."""
    value = json.loads(path.read_bytes())
    value["context"]["context"] = {"list": [0] * 100_001}
    error = refused(json.dumps(value).encode())
    assert (error.code, error.pointer) == ("json-items", "/context/context/list")


def test_too_many_lines_are_refused():
    """JSON lines count as the members of a list (BARS H6)."""
    assert refused(b'{"role":"user","content":""}\n' * 100_001).code == "json-items"


@pytest.mark.parametrize("count", [20_000])
def test_many_items_are_read_in_bounded_time(count):
    """A long history is read, checked and written without quadratic work (BARS H6)."""
    value = json.loads(PYTHON.read_bytes())
    item = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "x", "annotations": []}],
    }
    wrapped = [
        {"type": "message_output_item", "raw_item": {**item, "id": f"m{number}"}, "agent": {"name": "Mailer"}}
        for number in range(count)
    ]
    value["session_items"] = wrapped + value["session_items"]
    value["generated_items"] = wrapped + value["generated_items"]
    value["generated_session_item_indexes"] = list(range(len(value["generated_items"])))
    del value["current_response_generated_item_ownership"]
    data = json.dumps(value).encode()
    begun = time.perf_counter()
    state = read(data)
    assert isinstance(state, RunState)
    assert len(state.get_interruptions()) == 1
    write(state, "openai-agents-python")
    assert time.perf_counter() - begun < 8 * (FLOOR + EACH * len(data) / MIB)


@BOTH
def test_many_decisions_are_read_in_bounded_time(path):
    """Tens of thousands of decisions on unknown calls cost no quadratic time and decide nothing (BARS H6)."""
    value = json.loads(path.read_bytes())
    ids = [f"call_{number}" for number in range(30_000)]
    record = {"approved": ids, "rejected": []}
    if path is PYTHON:
        value["context"]["function_tool_approvals"] = [
            {"agent": {"name": "Mailer"}, "tool_key": "send_email", "decision": record}
        ]
    else:
        value["context"]["functionApprovals"] = [
            {"agentIdentity": "Mailer", "approvals": {'["bare","send_email"]': record}}
        ]
        value["context"]["approvalInvocations"] = [
            {"agentIdentity": "Mailer", "invocations": dict.fromkeys(ids, "{}"), "approvals": {}}
        ]
    begun = time.perf_counter()
    state = read(json.dumps(value).encode())
    assert isinstance(state, RunState)
    assert [item.state for item in state.listed()] == ["pending"]
    assert time.perf_counter() - begun < 10 * FLOOR


def test_nested_text_in_text_does_not_explode():
    """JSON text nested in JSON text is refused or read in time linear in the file (BARS H1)."""
    value = json.loads((JS.parent / "nested_agent_tool.undecided.json").read_bytes())
    key = next(iter(value["pendingAgentToolRuns"]))
    text = "x"
    for _ in range(14):  # each level doubles the backslashes
        text = json.dumps({**value, "pendingAgentToolRuns": {key: text}})
    assert refused(text.encode()[: 15 * MIB]).code


def test_memory_stays_within_eight_times_the_file():
    """Refusing a bomb takes at most 8 times its size in memory (BARS H)."""
    data = b"[" * 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(TimestepError):
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 8 * len(data) + MIB
    finally:
        tracemalloc.stop()


def test_large_integers_are_refused_where_integers_count():
    """An integer that JavaScript can't hold is refused in an integer field and kept in user data (BARS H2)."""
    assert refused(put(JS, '"maxTurns":10', '"maxTurns":9007199254740993')).code == "state-shape"
    assert refused(put(JS, '"maxTurns":10', '"maxTurns":' + "9" * 401)).code == "json-digits"
