"""Tool identities of the JavaScript SDK: byte for byte what `toolInvocation.mjs` and `toolIdentity.mjs` answer."""

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from timestep.dialects.openai_js.fingerprint import (
    MAX_DEPTH,
    FingerprintError,
    call_id_of,
    function_state_key,
    handoff_tool_name,
    hosted_mcp_state_key,
    invocation_fingerprint,
    js_number,
)

MARK = "\\u0000openai-agents-json:"
COMPARED = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def function_call(arguments):
    """Return a protocol function call with these arguments."""
    return {"type": "function_call", "callId": "c1", "name": "x", "arguments": arguments}


# Arguments and how their value is printed, hand-checked against 0.20.0.
PARSED = {
    "integer and float agree": ('{"n":1.0}', f'{{"n":"{MARK}number:1e0"}}'),
    "exponents": ("[100, 1E+2, 0.01e4]", f'["{MARK}number:1e2","{MARK}number:1e2","{MARK}number:1e2"]'),
    "beyond doubles": ("9007199254740993", f'"{MARK}number:9007199254740993e0"'),
    "zero keeps its sign": ("[0.0,-0e9]", f'["{MARK}number:0","{MARK}number:-0"]'),
    "keys by UTF-16 unit": ('{"\U0001f600":true,"\uffff":null}', '{"\U0001f600":true,"\uffff":null}'),
    "array indexes first": ('{"b":"","10":"","9":"","01":""}', '{"9":"","10":"","01":"","b":""}'),
    "not an index": ('{"4294967295":"","a":"","4294967294":""}', '{"4294967294":"","4294967295":"","a":""}'),
    "last duplicate wins": ('{"a":"x","b":"","a":"y"}', '{"a":"y","b":""}'),
    "prototype is a key": ('{"__proto__":{"a":""}}', '{"__proto__":{"a":""}}'),
    "escapes": ('"\\u2028\\u007f\\u0001\\n\\/"', '"\u2028\x7f\\u0001\\n/"'),
    "lone surrogate": ('"\\uD800x"', '"\\ud800x"'),
    "string that looks marked": (f'"{MARK}number:1e0"', f'"{MARK}string:{MARK}number:1e0"'),
    "number as a key": ("{1:2}", f'{{"{MARK}number:1e0":"{MARK}number:2e0"}}'),
}
RAW = [
    "",
    "{",
    "NaN",
    "[Infinity]",
    "-",
    "01",
    "1.",
    "+1",
    "\ufeff1",
    '"\n"',
    '{"a":1,}',
    "'a'",
    '"\\x"',
    '"abc',
    "[1]x",
]


@pytest.mark.parametrize("case", PARSED)
def test_arguments_are_compared_by_value(case):
    """Parsed arguments are printed in JavaScript's key order, with exact decimal numbers."""
    text, expected = PARSED[case]
    assert invocation_fingerprint("x", function_call(text)) == (
        f'{{"caller":{{"type":"direct"}},"payload":{{"format":"json","value":{expected}}},'
        '"toolName":"x","type":"function_call"}'
    )


@pytest.mark.parametrize("text", RAW)
def test_arguments_that_are_no_json_are_compared_as_text(text):
    """Text that JavaScript can't parse is kept as it is."""
    printed = invocation_fingerprint("x", function_call(text))
    assert f'"payload":{{"format":"raw","value":{json.dumps(text, ensure_ascii=False)}}}' in printed


def test_a_call_by_a_program_is_another_call():
    """The caller is part of the fingerprint; anything but a program counts as direct."""
    direct = invocation_fingerprint("x", function_call("{}"))
    by_program = invocation_fingerprint("x", {**function_call("{}"), "caller": {"type": "program", "callerId": "p1"}})
    assert by_program == direct.replace('{"type":"direct"}', '{"callerId":"p1","type":"program"}')
    assert invocation_fingerprint("x", {**function_call("{}"), "caller": {"type": "moon"}}) == direct


def test_arguments_too_deep_are_refused():
    """Bar H1: nesting over 128 is refused by name, at the same depth on every stack."""
    invocation_fingerprint("x", function_call("[" * MAX_DEPTH + "]" * MAX_DEPTH))
    with pytest.raises(FingerprintError) as refused:
        invocation_fingerprint("x", function_call("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)))
    assert refused.value.reason == "depth"
    nested = []
    for _ in range(MAX_DEPTH + 10):
        nested = [nested]
    with pytest.raises(FingerprintError):
        invocation_fingerprint("x", {"type": "shell_call", "action": nested})


KEYS = [("x", None), ("x", ""), ("x", "ns"), ("x", "x"), ("", None), ("", "ns"), ('a"b\\é\ud800', "\u2028")]


@pytest.mark.parametrize(("name", "namespace"), KEYS)
def test_state_keys_equal_the_sdks(js, name, namespace):
    """Function and hosted MCP keys are JSON texts as JSON.stringify prints them."""
    assert function_state_key(name, namespace) == js.ask("function_key", name=name, namespace=namespace)
    assert hosted_mcp_state_key(namespace or "", name) == js.ask(
        "hosted_mcp_key", server_label=namespace or "", tool_name=name
    )
    assert handoff_tool_name(name) == js.ask("handoff_name", name=name)


def test_state_keys_by_hand():
    """The three kinds of function keys, and the hosted one."""
    assert function_state_key("x") == '["bare","x"]'
    assert function_state_key("x", "ns") == '["namespaced","ns","x"]'
    assert function_state_key("x", "x") == '["deferred_top_level","x"]'
    assert hosted_mcp_state_key("docs", "find") == '["hosted_mcp","docs","find"]'
    assert handoff_tool_name("transfer_to_b") == "handoff:transfer_to_b"


NUMBERS = [
    *("0", "-0", "-0.0", "1.0", "1e20", "1e21", "123456789012345678901", "9007199254740993", "-1e-7", "0.000001"),
    *(
        "0.1",
        "1.5e-10",
        "5e-324",
        "1.7976931348623157e308",
        "1e999",
        "-1e999",
        "1e400",
        "9" * 400,
        "2.5e22",
        "4.35",
        "100",
    ),
]


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_outside_arguments_are_printed_as_javascript_prints_them(js, text):
    """Numbers of actions are doubles, in the text of Number::toString; overflow is null."""
    assert js_number(json.loads(text)) == js.ask("number", text=text)
    assert js_number(Decimal(text)) == js.ask("number", text=text)


@COMPARED
@given(st.floats(allow_nan=False) | st.integers())
def test_any_number_is_printed_as_javascript_prints_it(js, number):
    """Every double and every integer prints the same."""
    text = json.dumps(number).replace("Infinity", "1e999")
    assert js_number(number) == js.ask("number", text=text)


UNITS = st.characters(exclude_categories=()) | st.sampled_from(list('\x00\x1f\u2028\ud83d\ude00"\\/eE+-0.'))
STRINGS = st.text(UNITS, max_size=6) | st.sampled_from(
    ["__proto__", "toJSON", "constructor", "\x00openai-agents-json:"]
)
KEY_TEXTS = STRINGS | st.integers(0, 2**32).map(str) | st.sampled_from(["01", "-1", "4294967294", "4294967295", "1.5"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY_TEXTS, inner, max_size=5),
    max_leaves=15,
)
NUMBER_TEXTS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,6})?", fullmatch=True)
PIECES = st.sampled_from(
    [*list('{}[],:" \t\n'), "true", "false", "null", '"a"', "NaN", "Infinity", "\\", "\\u", "\ufeff"]
)
ODD_TEXTS = st.lists(PIECES | NUMBER_TEXTS | STRINGS | STRINGS.map(json.dumps), max_size=12).map("".join)
ARGUMENTS = (
    VALUES.map(json.dumps)
    | VALUES.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1))
    | NUMBER_TEXTS
    | ODD_TEXTS
    | st.tuples(st.sampled_from(["[%s]", '{"a":%s,"a":[%s]}', "{%s:%s}", " %s\r\n"]), NUMBER_TEXTS).map(
        lambda pair: pair[0].replace("%s", pair[1])
    )
)
CALLERS = st.sampled_from([None, {"type": "direct"}, {"type": "program", "callerId": "p"}, {"type": "program"}, "x"])
PROVIDERS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["mcp_approval_request", "mcp_call", None]),
        "id": STRINGS | st.none(),
        "itemId": STRINGS,
        "name": STRINGS | st.none(),
        "server_label": STRINGS | st.none(),
        "serverLabel": STRINGS,
        "arguments": ARGUMENTS | VALUES,
    },
)
CALLS = st.one_of(
    st.fixed_dictionaries({"type": st.just("function_call"), "arguments": ARGUMENTS}, optional={"caller": CALLERS}),
    st.fixed_dictionaries(
        {"type": st.just("hosted_tool_call")},
        optional={
            "name": STRINGS | st.just("mcp_approval_request"),
            "id": STRINGS | st.none(),
            "callId": STRINGS,
            "arguments": ARGUMENTS | st.none(),
            "providerData": PROVIDERS,
            "caller": CALLERS,
        },
    ),
    st.fixed_dictionaries({"type": st.just("computer_call")}, optional={"action": VALUES, "actions": VALUES}),
    st.fixed_dictionaries({"type": st.just("shell_call")}, optional={"action": VALUES, "id": STRINGS}),
    st.fixed_dictionaries({"type": st.just("apply_patch_call")}, optional={"operation": VALUES, "callId": STRINGS}),
    st.fixed_dictionaries({"type": st.just("unheard_of")}, optional={"arguments": ARGUMENTS}),
)
TOOL_NAMES = st.sampled_from(['["bare","x"]', "computer", "computer_use_preview", "handoff:x"]) | STRINGS


@COMPARED
@given(ARGUMENTS)
def test_any_arguments_give_the_sdks_fingerprint(js, text):
    """Valid, invalid and odd argument texts: the same bytes as the SDK."""
    call = function_call(text)
    assert invocation_fingerprint("x", call) == js.ask("fingerprint", tool_name="x", item=call)


@COMPARED
@given(TOOL_NAMES, CALLS)
def test_any_call_gives_the_sdks_fingerprint_and_call_id(js, tool_name, call):
    """Every kind of call, with members missing or null: the same bytes and the same id as the SDK."""
    # As in a file: JSON joins the halves of a surrogate pair.
    call = json.loads(json.dumps(call))
    tool_name = json.loads(json.dumps(tool_name))
    assert invocation_fingerprint(tool_name, call) == js.ask("fingerprint", tool_name=tool_name, item=call)
    assert call_id_of(call) == js.ask("call_id", item=call)


@pytest.mark.parametrize("value", [None, 5, True, {"a": 1}])
def test_arguments_that_are_no_text_are_kept_raw(js, value):
    """No valid file has them; the SDK answers, so do we."""
    call = function_call(value)
    assert invocation_fingerprint("x", call) == js.ask("fingerprint", tool_name="x", item=call)
    del call["arguments"]
    assert invocation_fingerprint("x", call) == js.ask("fingerprint", tool_name="x", item=call)


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"type": "hosted_tool_call", "name": "x", "id": "i", "providerData": {"serverLabel": "docs"}},
        {"type": "hosted_tool_call", "name": "x", "id": "i", "providerData": {"serverLabel": "docs", "itemId": "r"}},
        {"type": "hosted_tool_call", "name": "mcp_approval_request", "providerData": {"server_label": "docs"}},
    ],
)
def test_calls_that_name_little(js, call):
    """Without a type, or with half an identity, the SDK still answers, and so do we."""
    assert invocation_fingerprint("x", call) == js.ask("fingerprint", tool_name="x", item=call)
    assert call_id_of(call) == js.ask("call_id", item=call)


def test_an_exponent_longer_than_pythons_integer_limit(js):
    """Exponents of thousands of digits stay exact, as BigInt does."""
    for exponent in ("9" * 5000, "-" + "9" * 5000, "+" + "0" * 5000, "-" + "0" * 4999 + "2"):
        call = function_call(f"120.5e{exponent}")
        assert invocation_fingerprint("x", call) == js.ask("fingerprint", tool_name="x", item=call)
