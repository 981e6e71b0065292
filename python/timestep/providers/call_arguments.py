"""The arguments of a call as they are shown to a model again."""

from __future__ import annotations

import json

from timestep.providers.json_form import encoded


def shown_arguments(text: str) -> str:
    """Return arguments as the JSON object that servers ask for: the very text, where that is one.

    A model may have sent what is none, or been cut off; its call was answered with an error.  Left out, that answer
    would make no sense to it, and many servers fail over what they can't parse, so that the text goes into an object of
    its own.  Nothing at all is an empty one.

    Example:
        >>> shown_arguments('{"city": "Oslo"}'), shown_arguments("Os"), shown_arguments("")
        ('{"city": "Oslo"}', '{"invalid_arguments":"Os"}', '{}')
    """
    try:
        # Not by the rules for documents: a key that stands there twice, say, is the tool's business.
        if isinstance(json.loads(text, parse_constant=_refused), dict):
            return text
    except (ValueError, RecursionError):
        pass
    return encoded({"invalid_arguments": text}).decode() if text.strip() else "{}"


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
