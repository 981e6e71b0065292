"""Whether arguments fit a JSON Schema that was given with a tool."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from timestep.codec import strict_json

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from timestep.tools.schema import Schema


_TOLD = 400  # characters of what is wrong: the message repeats the value, which may be as long as an argument can be


def misfit(schema: Schema, value: Any) -> str | None:  # noqa: ANN401 - any JSON
    """Say what about a value does not fit a schema, and where, in words for the model; None where it fits.

    A schema that can't be gone by tells nothing of a value: it is none, refers to itself for ever or to what is not in
    it, or has a pattern in the words of another language. Nothing is fetched for a reference.
    """
    from jsonschema import SchemaError  # here, since it takes its time to load
    from jsonschema import exceptions as errors
    from referencing.exceptions import Unresolvable

    best: Any = getattr(errors, "best_match")  # noqa: B009 - its type is unknown to checkers
    try:
        found: Any = best(_validator(strict_json.dumps(schema)).iter_errors(value))
    except (SchemaError, Unresolvable, re.error, RecursionError):
        return None
    if found is None:
        return None
    where = ".".join(str(step) for step in found.absolute_path)
    told = str(found.message)
    told = told if len(told) <= _TOLD else f"{told[: _TOLD // 2]} ... {told[-_TOLD // 2 :]}"
    return f"`{where}`: {told}" if where else told


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Validator:
    """Make what checks by a schema, once for each.

    Raises:
        SchemaError: it is no schema.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for
    from referencing import Registry

    parsed = cast("dict[str, Any]", strict_json.loads(schema))
    kind = validator_for(parsed, default=Draft202012Validator)
    kind.check_schema(parsed)
    return kind(parsed, registry=Registry())
