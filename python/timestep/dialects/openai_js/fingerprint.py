"""Tool identities of the JavaScript SDK, byte for byte (agents-core `toolInvocation.mjs`, `toolIdentity.mjs`).

A fingerprint is the stable JSON text of a call: JavaScript's key order, string escapes and numbers, with the numbers
inside `arguments` written as exact decimal text so that `1.0` equals `1` and large integers survive.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from json.encoder import encode_basestring
from typing import Any, NoReturn, cast

#: A JSON value; `Any` ends at this border.
JSON = Any
Json = dict[str, Any]

# Bar H1 (BARS.md): deeper documents are refused, so a deeper argument text is refused too, never cut or guessed.
MAX_DEPTH = 128

# The longest array index of ECMAScript is 2^32 - 2; only such keys are moved to the front of an object.
_MAX_ARRAY_INDEX = 2**32 - 2
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
# Strings first, so that digits inside them stay; a lone "-" is what makes the SDK's own number pattern fail.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"?|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|-|[\[{]|[\]}]',
    re.DOTALL,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGIT = re.compile(r"[0-9]")
_MARK = "\x00openai-agents-json:"
# CPython may refuse to turn a longer digit string into an int, whatever limit the process has set
# (sys.int_info.str_digits_check_threshold).
_INT_DIGITS = 640


class FingerprintError(ValueError):
    """The call can't be fingerprinted here; `reason` is a short stable word."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def invocation_fingerprint(tool_name: str, protocol_call_item: Mapping[str, Any]) -> str:
    """Return the text of `getToolInvocationFingerprint(toolName, toolCall)` (agents-core `toolInvocation.mjs`).

    Args:
        tool_name: the state key of a function (`function_state_key`), `handoff_tool_name`, or a built-in tool's name.
        protocol_call_item: the call as the JavaScript state holds it (`rawItem`).

    Raises:
        FingerprintError: the arguments nest deeper than `MAX_DEPTH`.
    """
    fingerprint: Json = {"caller": canonical_caller(protocol_call_item)}
    if "type" in protocol_call_item:
        fingerprint["type"] = protocol_call_item["type"]
    fingerprint["toolName"] = _canonical_tool_name(tool_name, protocol_call_item)
    payload = _PAYLOADS.get(cast("str", protocol_call_item.get("type")), _no_payload)(protocol_call_item)
    if payload:
        fingerprint["payload"] = payload[0]
    return _stable_text(fingerprint, 0)


def function_state_key(name: str, namespace: str | None = None) -> str | None:
    """Return `getFunctionToolLookupKey(name, namespace)`, or None for an empty name (`toolIdentity.mjs`)."""
    if not name:
        return None
    if namespace == name:
        return _stable_text(["deferred_top_level", name], 0)
    if namespace:
        return _stable_text(["namespaced", namespace, name], 0)
    return _stable_text(["bare", name], 0)


def hosted_mcp_state_key(server_label: str, tool_name: str) -> str | None:
    """Return `getHostedMcpApprovalStateKey`, or None when a part is empty (agents-core `toolIdentity.mjs`)."""
    if not server_label or not tool_name:
        return None
    return _stable_text(["hosted_mcp", server_label, tool_name], 0)


def handoff_tool_name(name: str) -> str:
    """Return the name under which a handoff call is fingerprinted (agents-core `toolInvocation.mjs`)."""
    return f"handoff:{name}"


def call_id_of(item: Mapping[str, Any]) -> str | None:
    """Return `getToolInvocationCallId(toolCall)`: the id the SDK's ledger and approvals use for a call."""
    request_id = hosted_mcp_request(item).get("requestId")
    if request_id:
        return request_id
    provider = _provider_data(item)
    for candidate in (item.get("callId"), item.get("id"), provider.get("id"), provider.get("itemId")):
        if isinstance(candidate, str):
            return candidate
    return None


def canonical_caller(item: Mapping[str, Any]) -> Json:
    """Return `getCanonicalToolCaller(toolCall)`: all that is no program counts as a direct call."""
    caller = item.get("caller")
    if not isinstance(caller, dict) or cast("Json", caller).get("type") != "program":
        return {"type": "direct"}
    known = cast("Json", caller)
    return {"type": "program", **({"callerId": known["callerId"]} if "callerId" in known else {})}


def hosted_mcp_request(item: Mapping[str, Any]) -> dict[str, str]:
    """Return `getHostedMcpApprovalRequestIdentity`: requestId, serverLabel, toolName, or {} for other items."""
    provider = _provider_data(item)
    if item.get("type") != "hosted_tool_call" or not provider:
        return {}
    if "type" in provider:
        if provider["type"] != "mcp_approval_request":
            return {}
    elif not _filled(provider.get("server_label")) and not (
        _filled(provider.get("serverLabel")) and _filled(provider.get("itemId"))
    ):
        return {}
    own_name = item.get("name")
    found = {
        "requestId": _first_filled(provider.get("id"), provider.get("itemId"), item.get("id")),
        "serverLabel": _first_filled(provider.get("server_label"), provider.get("serverLabel")),
        "toolName": _first_filled(provider.get("name"), None if own_name == "mcp_approval_request" else own_name),
    }
    return {key: value for key, value in found.items() if value is not None}


def _canonical_tool_name(tool_name: str, item: Mapping[str, Any]) -> str:
    """Return `canonicalizeToolName(toolName, toolCall)`."""
    kind = item.get("type")
    if kind == "hosted_tool_call":
        identity = hosted_mcp_request(item)
        return hosted_mcp_state_key(identity.get("serverLabel", ""), identity.get("toolName", "")) or tool_name
    if kind == "computer_call" and tool_name == "computer_use_preview":
        return "computer"
    return tool_name


# A payload is a list of no or one value, because JavaScript's undefined (member dropped) differs from null.
def _no_payload(_item: Mapping[str, Any]) -> list[Any]:
    return []


def _function_payload(item: Mapping[str, Any]) -> list[Any]:
    if "arguments" not in item:
        return [{"format": "raw"}]
    return [_parsed_arguments(item["arguments"])]


def _hosted_payload(item: Mapping[str, Any]) -> list[Any]:
    provider = _provider_data(item)
    payload: Json = {}
    for label in (provider.get("server_label"), provider.get("serverLabel")):
        if isinstance(label, str):
            payload["serverLabel"] = label
            break
    if item.get("arguments") is not None:
        payload["arguments"] = item["arguments"]
    elif "arguments" in provider:
        payload["arguments"] = provider["arguments"]
    if isinstance(payload.get("arguments"), str):
        payload["arguments"] = _parsed_arguments(payload["arguments"])
    return [payload]


def _computer_payload(item: Mapping[str, Any]) -> list[Any]:
    return [item["actions"]] if item.get("actions") is not None else _member(item, "action")


def _shell_payload(item: Mapping[str, Any]) -> list[Any]:
    return _member(item, "action")


def _patch_payload(item: Mapping[str, Any]) -> list[Any]:
    return _member(item, "operation")


_PAYLOADS: dict[str, Callable[[Mapping[str, Any]], list[Any]]] = {
    "function_call": _function_payload,
    "hosted_tool_call": _hosted_payload,
    "computer_call": _computer_payload,
    "shell_call": _shell_payload,
    "apply_patch_call": _patch_payload,
}


def _parsed_arguments(value: JSON) -> Json:
    """Return `normalizeJsonString(value)`: parsed with marked numbers, or the raw text when it is no JSON."""
    if not isinstance(value, str):
        return {"format": "raw", "value": value}
    encoded = _encode_numbers(value)
    if encoded is None:
        return {"format": "raw", "value": value}
    try:
        parsed = _DECODER.decode(encoded)
    except ValueError:
        return {"format": "raw", "value": value}
    return {"format": "json", "value": parsed}


def _encode_numbers(text: str) -> str | None:
    """Return `encodeJsonNumbers(text)`, or None where it throws.

    Like the original it works on tokens, not on grammar: `{1:2}` becomes valid JSON and is then accepted.
    """
    depth = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal depth
        piece = match.group()
        if piece in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise FingerprintError("depth", f"the call's arguments nest deeper than {MAX_DEPTH}")
        elif piece in "]}":
            depth -= 1
        elif piece[0] == '"':
            return _encode_string(piece)
        elif piece == "-":
            raise ValueError("a minus sign without digits")
        else:
            return json.dumps(f"{_MARK}number:{canonical_number(piece)}")
        return piece

    try:
        return _TOKEN.sub(replace, text)
    except FingerprintError:
        raise
    except ValueError:
        return None


def _encode_string(piece: str) -> str:
    """Mark a string that itself starts with the marker, as `encodeJsonNumbers` does."""
    if not piece.startswith('"\\u0000'):
        return piece
    decoded = cast("str", json.loads(piece))
    return json.dumps(f"{_MARK}string:{decoded}") if decoded.startswith(_MARK) else piece


def canonical_number(piece: str) -> str:
    """Return `canonicalizeJsonNumber(piece)`: sign, digits without outer zeros, `e`, exact exponent."""
    mantissa, _, exponent = piece.lower().partition("e")
    sign, unsigned = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    integer, _, fraction = unsigned.partition(".")
    digits = (integer + fraction).lstrip("0")
    if not digits:
        return f"{sign}0"
    trimmed = digits.rstrip("0")
    return f"{sign}{trimmed}e{_shifted(exponent or '0', len(digits) - len(trimmed) - len(fraction))}"


def _shifted(exponent: str, by: int) -> str:
    """Return `exponent + by` in decimal, exactly, however long the exponent is."""
    if len(exponent) < _INT_DIGITS:
        return str(int(exponent) + by)
    with localcontext() as context:
        context.prec = len(exponent) + 20
        total = Decimal(exponent) + by
        return format(total, "f") if total else "0"


def _last_wins(pairs: list[tuple[str, Any]]) -> Json:
    """Build an object whose keys are compared as JavaScript does, by UTF-16 code units."""
    return {_paired(key): value for key, value in pairs}


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


# `json.loads` would make one of these for each call.
_DECODER = json.JSONDecoder(object_pairs_hook=_last_wins, parse_constant=_refuse_constant)


def _stable_text(value: JSON, depth: int) -> str:
    """Return `stableStringify(value)` for a JSON value."""
    if depth > MAX_DEPTH + 8:
        raise FingerprintError("depth", f"the call nests deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        members = cast("Json", value)
        texts = [f"{_quoted(key)}:{_stable_text(members[key], depth + 1)}" for key in _in_order(members)]
        return "{" + ",".join(texts) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_stable_text(entry, depth + 1) for entry in cast("list[Any]", value)]) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return js_number(value)


def _in_order(members: Json) -> list[str]:
    """Sort names; ASCII ones that are no array indexes stand in the order of their characters in either language."""
    text = "".join(members)
    if text.isascii() and not _DIGIT.search(text):
        return sorted(members)
    return sorted(members, key=_property_order)


def _property_order(key: str) -> tuple[int, int, bytes]:
    """Order keys as an object built from sorted entries prints them: array indexes first, by value."""
    if _ARRAY_INDEX.fullmatch(key) and int(key) <= _MAX_ARRAY_INDEX:
        return 0, int(key), b""
    return 1, 0, key.encode("utf-16-be", "surrogatepass")


def _quoted(text: str) -> str:
    """Return `JSON.stringify(text)`: lone surrogates are escaped, pairs and all other characters printed."""
    quoted = encode_basestring(text)  # what json.dumps(text, ensure_ascii=False) gives, without an encoder each time
    if not quoted.isascii() and _SURROGATE.search(quoted):
        quoted = _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", _paired(quoted))
    return quoted


def _paired(text: str) -> str:
    """Join surrogate code points that stand side by side, as UTF-16 text does by itself."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def js_number(value: float) -> str:
    """Return what `JSON.stringify` prints for a JSON number (ECMA-262, Number::toString)."""
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the doubles is Infinity in JavaScript
        return "null"
    if not math.isfinite(number):
        return "null"
    if number == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text = "".join(map(str, digits))
    return ("-" if sign else "") + _positional(text, len(text) + cast("int", exponent))


def _positional(digits: str, point: int) -> str:
    """Place the decimal point `point` digits from the left, with an exponent where ECMA-262 has one."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"


def _provider_data(item: Mapping[str, Any]) -> Json:
    provider = item.get("providerData")
    return cast("Json", provider) if isinstance(provider, dict) else {}


def _member(item: Mapping[str, Any], key: str) -> list[Any]:
    return [item[key]] if key in item else []


def _filled(value: JSON) -> bool:
    return isinstance(value, str) and value != ""


def _first_filled(*candidates: JSON) -> str | None:
    return next((cast("str", candidate) for candidate in candidates if _filled(candidate)), None)
