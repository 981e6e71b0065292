"""JSON pointers (RFC 6901): what stands where in a document."""

from __future__ import annotations

from typing import Any, cast


def tokens(pointer: str) -> list[str]:
    """Return the names and numbers that a pointer is made of."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def inner(value: Any, token: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the member or element of a value.

    Raises:
        LookupError: there is none.
    """
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)[token]
    if isinstance(value, list) and token.isdigit():
        return cast("list[Any]", value)[int(token)]
    raise LookupError(token)


def text_of(path: str, token: str) -> str:
    """Return the pointer of a member below another one."""
    return f"{path}/{token.replace('~', '~0').replace('/', '~1')}"
