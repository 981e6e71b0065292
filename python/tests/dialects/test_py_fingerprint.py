"""Tool identities of the Python SDK: byte for byte what `agents/_tool_invocation.py` and `_tool_identity.py` answer.

The SDK must be installed beside the tests (the `dev` extra); its version is the one the fixtures were written by.
"""

import json
from decimal import Decimal
from hashlib import sha256

import msgspec
import pytest
from agents import _tool_identity as sdk_names
from agents import _tool_invocation as sdk
from hypothesis import given, settings
from hypothesis import strategies as st

from timestep.dialects.openai_py import keys, shape
from timestep.dialects.openai_py.fingerprint import Identity, invocation_identity, lookup_key

COMPARED = settings(max_examples=2000, deadline=None)


def function_call(arguments, **members):
    """Return a wire function call with these arguments."""
    return {"type": "function_call", "call_id": "c1", "name": "x", "arguments": arguments, **members}


def identity_of(call, **how):
    """Return the SDK's own answer, None where it raises; this package's must equal it."""
    try:
        theirs = sdk.tool_invocation_identity_and_scope(
            call,
            tool_lookup_key=how.get("lookup_key"),
            tool_name=how.get("tool_name"),
            invocation_role=how.get("role"),
        )
    except (UnicodeEncodeError, RecursionError):
        theirs = None
    ours = invocation_identity(call, **how)
    assert ours == theirs
    return ours


def test_a_call_by_hand():
    """Scope and fingerprint are SHA-256 over sorted compact JSON; arguments are in it as values."""
    scope = sha256(b'{"tool_lookup_key":["bare","x"],"type":"function_call"}').hexdigest()
    text = f'{{"approval_scope":"{scope}","arguments":{{"a":1.0,"b":"é"}},"type":"function_call"}}'
    assert identity_of(function_call('{"b": "\\u00e9", "a": 1.0}')) == Identity(
        type="function_call", call_id="c1", approval_scope=scope, fingerprint=sha256(text.encode()).hexdigest()
    )


SAME = {
    "blanks and order": ('{"a":1,"b":2}', '{ "b": 2,\n"a": 1 }'),
    "last duplicate wins": ('{"a":1,"a":2}', '{"a":2}'),
    "escapes": ('"\\u00e9"', '"é"'),
    "overflow": ("1e999", "1e1000"),
    "float text": ("1e2", "100.0"),
}
DIFFERENT = {
    "integer and float": ("1", "1.0"),
    "large integers": ("9007199254740993", "9007199254740992"),
    "zero keeps its sign": ("-0.0", "0.0"),
    "null member": ('{"a":null}', "{}"),
    "NaN is text": ("[NaN]", "[Infinity]"),
    "text of numbers beyond the integer limit": ("[" + "9" * 5000 + "]", "[" + "9" * 5000 + " ]"),
}


@pytest.mark.parametrize("case", SAME)
def test_arguments_of_one_value_are_one_call(case):
    """Arguments are compared as Python parses them."""
    one, other = (identity_of(function_call(text)) for text in SAME[case])
    assert one is not None
    assert one == other


@pytest.mark.parametrize("case", DIFFERENT)
def test_arguments_of_two_values_are_two_calls(case):
    """What Python tells apart, or can't parse, stays apart."""
    one, other = (identity_of(function_call(text)) for text in DIFFERENT[case])
    assert one is not None
    assert one.fingerprint != other.fingerprint
    assert one.approval_scope == other.approval_scope


def test_the_scope_names_tool_and_role():
    """A handoff, another lookup key or another built-in name is another scope."""
    call = function_call("{}")
    shell = {"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls"], "timeout_ms": None}}
    scopes = [
        identity_of(call).approval_scope,
        identity_of(call, role="handoff").approval_scope,
        identity_of(call, lookup_key=("deferred_top_level", "x")).approval_scope,
        identity_of(function_call("{}", namespace="ns")).approval_scope,
        identity_of(shell).approval_scope,
        identity_of(shell, tool_name="shell").approval_scope,
    ]
    assert len(set(scopes)) == len(scopes)
    without_limit = {**shell, "action": {"commands": ["ls"]}}
    assert identity_of(shell) == identity_of(without_limit)


def test_a_number_held_as_decimal_is_read_as_the_sdk_reads_it():
    """Readers that keep exact decimals give the identity of the float the SDK reads."""
    click = {"type": "computer_call", "call_id": "c1", "action": {"type": "click", "x": 0.1, "y": 1e999}}
    exact = {**click, "action": {"type": "click", "x": Decimal("0.10"), "y": Decimal("1e999")}}
    assert invocation_identity(exact) == identity_of(click)


NO_IDENTITY = [
    {"type": "message", "role": "user"},
    {"type": ["function_call"]},
    {"call_id": "c1"},
    {"type": "function_call", "call_id": "c1", "name": "x"},
    function_call("{}", call_id=""),
    function_call("{}", call_id=5),
    function_call("{}", name=""),
    {"type": "custom_tool_call", "call_id": "c1", "input": "x"},
    {"type": "custom_tool_call", "call_id": "c1", "name": "x"},
    {"type": "shell_call", "call_id": "c1"},
    {"type": "apply_patch_call", "call_id": "c1"},
    {"type": "mcp_approval_request", "id": "m1", "name": "find", "arguments": "{}"},
    {"type": "mcp_approval_request", "id": "m1", "name": "find", "server_label": "docs"},
    {"type": "hosted_tool_call", "provider_data": {"type": "mcp_call"}},
    {"type": "hosted_tool_call", "provider_data": "x"},
]


@pytest.mark.parametrize("call", NO_IDENTITY)
def test_an_item_that_is_no_complete_call_has_no_identity(call):
    """Missing ids, names or payloads give None, as in the SDK."""
    if isinstance(call.get("type"), list):  # the SDK looks it up in a set
        with pytest.raises(TypeError):
            sdk.tool_invocation_identity_and_scope(call)
        assert invocation_identity(call) is None
    else:
        assert identity_of(call) is None


def test_where_the_sdk_raises_there_is_no_identity():
    """Half a surrogate pair can't be digested, and nesting beyond the stack can't be parsed: None, not an error."""
    half = function_call('{"a":"\\ud800"}')
    with pytest.raises(UnicodeEncodeError):
        sdk.tool_invocation_identity(half)
    assert invocation_identity(half) is None
    deep = function_call("[" * 10**6 + "]" * 10**6)
    with pytest.raises(RecursionError):
        sdk.tool_invocation_identity(deep)
    assert invocation_identity(deep) is None


NAMES = st.none() | st.sampled_from(["", "x", "ns", "deferred_top_level:x", "ns.x"]) | st.text(max_size=3)
NON_EMPTY = st.text(min_size=1, max_size=3)
KEYS = st.one_of(
    st.none(),
    st.tuples(st.just("bare"), NON_EMPTY),
    st.tuples(st.just("deferred_top_level"), NON_EMPTY),
    st.tuples(st.just("namespaced"), NON_EMPTY, NON_EMPTY),
)


FILLED = NAMES.filter(bool)
TOOLS = st.tuples(st.just("function"), st.none() | FILLED, FILLED) | st.tuples(
    st.just("function_deferred"), st.none(), FILLED
)


@COMPARED
@given(NAMES, NAMES, TOOLS)
def test_lookup_and_approval_keys_equal_the_sdks(name, namespace, tool):
    """Keys, their serialized form and the names decisions are filed under, as the dialect uses them."""
    assert lookup_key(name, namespace) == sdk_names.get_function_tool_lookup_key(name, namespace)
    key, data = keys.lookup_tuple(tool), keys.lookup_json(tool)
    assert data == sdk_names.serialize_function_tool_lookup_key(key)
    assert sdk_names.deserialize_function_tool_lookup_key(data) == key
    assert keys.tool_key(msgspec.convert(data, shape.LookupKey)) == tool
    theirs = sdk_names.get_function_tool_approval_keys(
        tool_name=tool[2], tool_namespace=tool[1], tool_lookup_key=key, include_legacy_deferred_key=True
    )
    assert keys.approval_keys(tool) == theirs


TEXT = st.text(st.characters(exclude_categories=()), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
ARGUMENTS = (
    VALUES.map(json.dumps)
    | VALUES.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1))
    | TEXT
    | VALUES
    | st.sampled_from(["", "1e999", "NaN", "-Infinity", '{"a":1,"a":2}', '"\\ud800"', "9" * 5000, "\ufeff1", "[1"])
)
IDS = st.sampled_from(["c1", "", None, 5])
COMMON = {
    "call_id": IDS,
    "id": IDS,
    "name": NAMES,
    "namespace": NAMES,
    "server_label": NAMES,
    "arguments": ARGUMENTS,
    "input": VALUES,
    "action": VALUES,
    "actions": VALUES,
    "pending_safety_checks": VALUES,
    "operation": VALUES,
    "operations": VALUES,
    "environment": VALUES,
    "caller": VALUES,
    "status": VALUES,
}
TYPES = [*sorted(sdk._TOOL_INVOCATION_TYPES), "message", None]
PLAIN = st.fixed_dictionaries({"type": st.sampled_from(TYPES)}, optional=COMMON)
COMPLETE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES),
        "call_id": st.just("c1"),
        "id": st.just("i1"),
        "name": st.just("x"),
        "server_label": st.just("docs"),
        "arguments": ARGUMENTS,
        "input": VALUES,
        "action": VALUES,
        "operation": VALUES,
    }
)
WRAPPED = st.fixed_dictionaries(
    {"type": st.just("hosted_tool_call")},
    optional={
        **COMMON,
        "provider_data": st.fixed_dictionaries({"type": st.just("mcp_approval_request")}, optional=COMMON) | VALUES,
    },
)


@COMPARED
@given(PLAIN | COMPLETE | WRAPPED, KEYS, NAMES, st.sampled_from([None, "handoff", ""]))
def test_any_item_has_the_sdks_identity(call, key, tool_name, role):
    """Every kind of call, with members missing, null or odd: the same type, id, scope and fingerprint."""
    identity_of(call, lookup_key=key, tool_name=tool_name, role=role)
