"""Generated items, compared with the JavaScript SDK's own converters (agents-openai `openaiResponsesConverter.mjs`)."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from timestep.dialects.openai_js.items import restorable, to_protocol, to_wire

COMPARED = settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = {"c1": ("send", None), "c2": ("send", "mail")}
# Members the SDK's converter drops on the way in or out although they are part of the wire form.
LOST_ON_REPLAY = {
    "image_generation_call": ("result", "caller"),
    "mcp_call": ("output",),
    "web_search_call": ("caller",),
    "file_search_call": ("caller",),
    "shell_call": ("future",),
    "shell_call_output": ("future",),
    "apply_patch_call": ("future",),
    "apply_patch_call_output": ("future",),
    "compaction": ("future",),
}

TEXT = st.text(max_size=8)
NAME = st.text("abcdefgh_", min_size=1, max_size=6)
ANY = st.recursive(
    st.booleans() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAME, inner, max_size=2),
    max_leaves=4,
)
CALL_IDS = st.sampled_from(["c1", "c2"])
PROGRESS = st.sampled_from(["in_progress", "completed", "incomplete"])
CALLER = st.just({"type": "direct"}) | st.builds(lambda i: {"type": "program", "caller_id": i}, NAME)


def item(kind, required, optional=None):
    """Return a strategy for wire items of one type; every one may have an id and a member nobody knows yet."""
    optional = {"future": ANY, **(optional or {})}
    return st.fixed_dictionaries({"type": st.just(kind), "id": NAME, **required}, optional=optional)


def call(kind, required, optional=None):
    """Return a strategy for calls and outputs."""
    return item(kind, {"call_id": CALL_IDS, **required}, {"caller": CALLER, **(optional or {})})


OUTPUT_PART = st.fixed_dictionaries(
    {"type": st.just("output_text"), "text": TEXT, "annotations": st.lists(ANY, max_size=2)},
    optional={"logprobs": st.just([]), "future": ANY},
) | st.fixed_dictionaries({"type": st.just("refusal"), "refusal": TEXT}, optional={"future": ANY})
TOOL = st.recursive(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": NAME},
        optional={
            "defer_loading": st.booleans(),
            "allowed_callers": st.lists(NAME, max_size=1),
            "output_schema": st.dictionaries(NAME, ANY, max_size=1),
            "parameters": st.dictionaries(TEXT, ANY, max_size=2),
        },
    )
    | st.fixed_dictionaries({"type": st.just("tool_reference"), "function_name": NAME}, optional={"namespace": NAME})
    | st.fixed_dictionaries({"type": st.just("mcp"), "server_label": NAME}),
    lambda inner: st.fixed_dictionaries({"type": st.just("namespace"), "tools": st.lists(inner, max_size=2)}),
    max_leaves=3,
)
OUTCOME = st.just({"type": "timeout"}) | st.builds(
    lambda code: {"type": "exit", "exit_code": code}, st.integers(0, 255)
)
PATCH = st.one_of(
    st.fixed_dictionaries({"type": st.just("create_file"), "path": TEXT, "diff": TEXT}),
    st.fixed_dictionaries({"type": st.just("delete_file"), "path": TEXT}),
    st.fixed_dictionaries({"type": st.just("update_file"), "path": TEXT, "diff": TEXT}, optional={"move_to": NAME}),
)
ACTION = st.sampled_from(
    [{"type": "wait"}, {"type": "screenshot"}, {"type": "click", "x": 1, "y": 2, "button": "left"}]
)
ACTIONS = st.lists(ACTION, min_size=1, max_size=3)
HOSTED_STATUS = st.sampled_from(["in_progress", "completed"])

MODEL_ITEMS = st.one_of(
    item(
        "message",
        {"role": st.just("assistant"), "status": PROGRESS, "content": st.lists(OUTPUT_PART, max_size=2)},
        {"phase": st.sampled_from(["commentary", "final_answer"])},
    ),
    call("function_call", {"name": NAME, "arguments": TEXT}, {"namespace": NAME, "status": PROGRESS}),
    item(
        "reasoning",
        {
            "summary": st.lists(
                st.fixed_dictionaries({"type": st.just("summary_text"), "text": TEXT}, optional={"future": ANY}),
                max_size=2,
            )
        },
        {"content": st.just([{"type": "reasoning_text", "text": "t"}]), "encrypted_content": TEXT, "status": PROGRESS},
    ),
    item("program", {"call_id": NAME, "code": TEXT, "fingerprint": TEXT}),
    item("program_output", {"call_id": NAME, "result": TEXT, "status": st.sampled_from(["completed", "incomplete"])}),
    item(
        "tool_search_call",
        {"arguments": ANY, "status": PROGRESS},
        {"call_id": NAME, "execution": st.sampled_from(["client", "server"])},
    ),
    item(
        "tool_search_output",
        {"tools": st.lists(TOOL, max_size=3), "status": PROGRESS},
        {"call_id": NAME, "execution": st.sampled_from(["client", "server"])},
    ),
    item(
        "computer_call",
        {"call_id": CALL_IDS, "status": PROGRESS, "action": ACTION},
        {"pending_safety_checks": st.just([{"id": "s1"}])},
    ),
    item("computer_call", {"call_id": CALL_IDS, "status": PROGRESS, "actions": ACTIONS}),
    call(
        "shell_call",
        {
            "status": PROGRESS,
            "action": st.fixed_dictionaries(
                {"commands": st.lists(TEXT, max_size=2)},
                optional={"timeout_ms": st.integers(0, 99), "max_output_length": st.integers(0, 99)},
            ),
        },
        {"environment": st.just({"type": "local"})},
    ),
    call(
        "shell_call_output",
        {
            "status": PROGRESS,
            "output": st.lists(st.fixed_dictionaries({"stdout": TEXT, "stderr": TEXT, "outcome": OUTCOME}), max_size=2),
        },
        {"max_output_length": st.integers(0, 99)},
    ),
    call("apply_patch_call", {"status": st.sampled_from(["in_progress", "completed"]), "operation": PATCH}),
    call("apply_patch_call_output", {"status": st.sampled_from(["completed", "failed"])}, {"output": TEXT}),
    item("web_search_call", {"status": HOSTED_STATUS, "action": st.just({"type": "search", "query": "q"})}),
    item("file_search_call", {"status": HOSTED_STATUS, "queries": st.lists(TEXT, max_size=1)}, {"results": st.none()}),
    item(
        "code_interpreter_call",
        {"status": HOSTED_STATUS, "code": TEXT, "container_id": NAME, "outputs": st.lists(ANY, max_size=1)},
        {"caller": CALLER},
    ),
    item("image_generation_call", {"status": HOSTED_STATUS, "result": TEXT | st.none()}),
    item(
        "mcp_call",
        {"name": NAME, "arguments": TEXT, "server_label": NAME},
        {"output": TEXT, "error": TEXT, "status": HOSTED_STATUS, "approval_request_id": NAME, "caller": CALLER},
    ),
    item("mcp_list_tools", {"server_label": NAME, "tools": st.lists(ANY, max_size=2)}, {"error": TEXT}),
    item("mcp_approval_request", {"name": NAME, "arguments": TEXT, "server_label": NAME}, {"caller": CALLER}),
    item("compaction", {"encrypted_content": TEXT}, {"created_by": NAME}),
    item("unheard_of", {"payload": ANY}),
)

BREAKPOINT = {"prompt_cache_breakpoint": st.just({"mode": "explicit"})}
DETAIL = {"detail": st.sampled_from(["auto", "low", "high"])}
TEXT_PART = st.fixed_dictionaries({"type": st.just("input_text"), "text": TEXT})
IMAGE_PART = st.fixed_dictionaries({"type": st.just("input_image"), "image_url": NAME}, optional=DETAIL) | (
    st.fixed_dictionaries({"type": st.just("input_image"), "file_id": NAME}, optional=DETAIL)
)
FILE_DATA = st.from_regex(r"(data:[a-z]{1,3},)?[A-Za-z0-9+/]{1,4}=?", fullmatch=True)
FILE_PART = st.one_of(
    st.fixed_dictionaries({"type": st.just("input_file"), key: value}, optional={"filename": NAME})
    for key, value in (("file_id", NAME), ("file_url", NAME), ("file_data", FILE_DATA))
)
PARTS = st.lists(TEXT_PART | IMAGE_PART | FILE_PART, max_size=3)
INPUT_ITEMS = st.one_of(
    st.fixed_dictionaries(
        {"role": st.just("user"), "content": TEXT | PARTS},
        optional={"type": st.just("message"), "id": NAME, "future": ANY},
    ),
    st.fixed_dictionaries(
        {"role": st.just("system"), "content": TEXT}, optional={"type": st.just("message"), "id": NAME}
    ),
    st.fixed_dictionaries(
        {"role": st.just("developer"), "content": TEXT | st.just([{"type": "input_text", "text": "x"}])}
    ),
    st.fixed_dictionaries(
        {"type": st.just("function_call_output"), "call_id": CALL_IDS, "output": TEXT | PARTS},
        optional={"id": NAME, "status": PROGRESS, "caller": CALLER, "future": ANY},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("computer_call_output"),
            "call_id": CALL_IDS,
            "output": st.just({"type": "computer_screenshot", "image_url": "data:x"}),
        },
        optional={"acknowledged_safety_checks": st.just([{"id": "s1"}]), "status": PROGRESS, "id": NAME},
    ),
    st.fixed_dictionaries(
        {"type": st.just("mcp_approval_response"), "approve": st.booleans(), "approval_request_id": NAME},
        optional={"reason": TEXT, "id": NAME},
    ),
)


def canonical(value):
    """Return an item without what says nothing: nulls, empty annotations, the status of a finished output."""
    if isinstance(value, list):
        return [canonical(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    members = {key: canonical(entry) for key, entry in value.items() if entry is not None}
    if members.get("annotations") == []:
        del members["annotations"]
    if members.get("type") == "function_call_output" and members.get("status") == "completed":
        del members["status"]
    if members.get("role") in ("user", "system"):
        members.pop("type", None)
    if members.get("type") == "input_image" and members.get("detail") == "auto":
        del members["detail"]
    return members


def without_extras(protocol):
    """Return a protocol item without empty providerData and the notes `to_protocol` keeps there."""
    members = canonical(protocol)
    provider = {
        key: entry for key, entry in members.pop("providerData", {}).items() if key not in ("action", "operation")
    }
    return {**members, **({"providerData": provider} if provider else {})}


@COMPARED
@given(MODEL_ITEMS)
def test_a_model_item_becomes_what_the_sdk_makes_of_it(js, wire):
    """`to_protocol` equals `convertToOutputItem`, and the schema takes it unchanged."""
    protocol = to_protocol(wire)
    assert without_extras(protocol) == without_extras(js.ask("to_protocol", item=wire))
    assert js.ask("parse", item=protocol) == protocol


@COMPARED
@given(MODEL_ITEMS)
def test_what_the_sdk_makes_of_a_model_item_comes_back(js, wire):
    """`to_wire(convertToOutputItem(w))` is w: nothing the SDK keeps is lost."""
    assert canonical(to_wire(js.ask("to_protocol", item=wire))) == canonical(wire)


@COMPARED
@given(MODEL_ITEMS | INPUT_ITEMS)
def test_the_sdk_sends_the_wire_item_again(js, wire):
    """`getInputItems(to_protocol(w))` is w, except what the SDK itself drops on replay."""
    sent = js.ask("to_wire", item=to_protocol(wire, names=NAMES))
    lost = (*LOST_ON_REPLAY.get(wire.get("type"), ()), "created_by")
    expected = {key: value for key, value in canonical(wire).items() if key not in lost}
    if "actions" in expected:
        expected["action"] = expected["actions"][0]  # the SDK sends the first of several actions beside them
    assert canonical(sent) == expected


@COMPARED
@given(MODEL_ITEMS | INPUT_ITEMS)
def test_a_wire_item_comes_back_from_the_protocol(js, wire):
    """Wire to protocol to wire loses nothing, and the protocol item is a fixed point."""
    protocol = to_protocol(wire, names=NAMES)
    assert canonical(to_wire(protocol)) == canonical(wire)
    assert js.ask("parse", item=protocol) == protocol
    assert restorable(protocol, names=NAMES)
