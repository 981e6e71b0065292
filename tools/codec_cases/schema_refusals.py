"""What a reader that uses the schema of a state says where a case refuses one: another code, at another place."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from spec_checks.schema_files import SchemaFiles, refused

JSON = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
#: Codes that each reader has, whether it uses the schema or not (state.md, "What is refused").
_TOLD_AS_SUCH = {
    "state-format",
    "version-shape",
    "version-unsupported",
    "feature-unknown",
    "unknown-field",
    "null-optional",
}


def either(told: JSON, payload: JSON) -> JSON:
    """Return the refusal that a case expects, with the codes and without the place that the schema makes free."""
    codes = [told["code"]] if isinstance(told["code"], str) else told["code"]["$any"]
    document = _document(payload)
    if document is None or not _TOLD_AS_SUCH.isdisjoint(codes) or codes[0].startswith(("json-", "seal-", "proto-")):
        return told
    places = refused(_validator(), document)
    if not places:
        return told
    more = ["state-shape", *(["field-missing"] if _lacks(document) else [])]
    more += ["item-shape"] if any(re.search(r"/item(/|$)", place) for place in places) else []
    codes = list(dict.fromkeys([*codes, *more]))
    kept = {name: value for name, value in told.items() if name != "pointer" or places == {value}}
    return {**kept, "code": codes[0] if len(codes) == 1 else {"$any": codes}}


def _document(payload: JSON) -> Any:
    """Return the state that a payload is the text of; None for one that is no JSON or no state of our own."""
    data = payload["text"].encode("utf-8", "surrogatepass") if "text" in payload else _bytes(payload)
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.get("format") == "timestep.run-state" else None


def _bytes(payload: JSON) -> bytes:
    return base64.b64decode(payload["base64"])


@cache
def _validator() -> Any:
    return SchemaFiles(ROOT).validators()["RunState"]


def _lacks(document: Any) -> bool:
    """Tell whether the schema finds a member missing."""
    return any(cause.validator == "required" for error in _validator().iter_errors(document) for cause in _all(error))


def _all(error: Any) -> list[Any]:
    return [error, *(inner for each in error.context or () for inner in _all(each))]
