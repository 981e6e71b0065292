"""The tokens of the tiny model: one for each byte, and some for what structures a dialogue."""

from __future__ import annotations

import re

SPACE = "\u2581"  # how SentencePiece, whose rules llama.cpp follows, writes a space
END = "<|end|>"
ASSISTANT = "<|assistant|>"
CONTROL = ("<|system|>", "<|user|>", ASSISTANT, "<|tool|>", END)
MARKS = ("<tool_call>", "</tool_call>", "<think>", "</think>")  # written as text in an answer

_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
TOKENS = ("<unk>", *_BYTES, SPACE, *CONTROL, *MARKS)
ID = {token: place for place, token in enumerate(TOKENS)}

# The types of llama.cpp: llama_token_type in its public header.
_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 1, 2, 3, 4, 6
TYPES = (
    _UNKNOWN,
    *[_BYTE] * len(_BYTES),
    _NORMAL,
    *[_CONTROL] * len(CONTROL),
    *[_USER_DEFINED] * len(MARKS),
)

_SPECIAL = re.compile("(" + "|".join(re.escape(token) for token in (*CONTROL, *MARKS)) + ")")


def encode(text: str) -> list[int]:
    """Return the tokens of a text, as llama.cpp would."""
    ids: list[int] = []
    for part in _SPECIAL.split(text):
        if part in ID and _SPECIAL.fullmatch(part):
            ids.append(ID[part])
        else:
            ids.extend(ID[SPACE] if byte == 0x20 else 1 + byte for byte in part.encode())
    return ids


def decode(ids: list[int]) -> str:
    """Return the text of some tokens."""
    parts = [b" " if i == ID[SPACE] else bytes([i - 1]) if 0 < i <= len(_BYTES) else TOKENS[i].encode() for i in ids]
    return b"".join(parts).decode(errors="replace")
