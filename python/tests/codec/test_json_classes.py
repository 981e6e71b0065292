"""Strict JSON over the classes of JSONTestSuite (BARS H7)."""

from __future__ import annotations

import json

import pytest

from timestep.codec.strict_json import dumps, loads
from timestep.errors import CodecError

from .json_classes import ACCEPTED, DECIDED, REFUSED, Case, Decided


def _outcome(text: bytes | str) -> str | None:
    refused: CodecError | None = None
    try:
        loads(text)
    except CodecError as error:
        refused = error
    if refused is None:
        return None
    assert refused.line is not None
    assert refused.column is not None
    return refused.code


def test_list_is_large_enough():
    """There are 120 cases at least, each name and each text once."""
    cases = [*ACCEPTED, *REFUSED, *DECIDED]
    assert len(cases) >= 120
    assert len({case.name for case in cases}) == len(cases)
    assert len({case.text for case in cases}) == len(cases)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.name)
def test_accepted(case: Case):
    """What RFC 8259 calls JSON is accepted, read as `json` reads it, and survives being written (H7 y)."""
    value = loads(case.text)
    assert value == json.loads(case.text)
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused(case: Case):
    """TS-CORE-001, TS-CORE-002: what is no JSON is refused with the code of its class and a place (H7 n)."""
    assert _outcome(case.text) == case.code


@pytest.mark.parametrize("case", DECIDED, ids=lambda case: case.name)
def test_decided(case: Decided):
    """TS-CORE-001, TS-CORE-003, TS-CORE-004, TS-CORE-005, TS-CORE-011: what is left open is decided (H7 i)."""
    assert case.reason
    assert _outcome(case.text) == case.code


def _with_str_form() -> list[Case | Decided]:
    """Give the cases a str can hold: lone surrogates can, other broken UTF-8 can't."""
    return [case for case in (*ACCEPTED, *REFUSED, *DECIDED) if case.code != "json-encoding" or b"\xef" in case.text]


@pytest.mark.parametrize("case", _with_str_form(), ids=lambda case: case.name)
def test_text_and_bytes_agree(case: Case | Decided):
    """A str is read as its UTF-8 bytes are."""
    assert _outcome(case.text.decode(errors="surrogatepass")) == case.code
