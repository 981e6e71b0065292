"""The explaining half of strict JSON, where `loads` alone can't lead."""

from __future__ import annotations

from timestep.codec import faults


def test_a_text_without_fault():
    """A well-formed text that a parser refused for want of stack is not blamed for anything else."""
    error = faults.explain(b" [1] ", 128)
    assert error.code == "json-depth"
    assert error.line is None


def test_no_duplicate():
    """A text without a name that stands twice gives no error."""
    assert faults.find_duplicate(b'[{"a":1},{"a":1}]') is None


def test_a_well_formed_text_has_nothing_out_of_place():
    """Asked for the first token out of place where all are in place, the answer is the first token."""
    assert faults._out_of_place("1")[0] == 0


def test_text_longer_than_a_chunk():
    """Brackets, escapes and strings are followed over the borders of chunks."""
    for tail in (rb'\\\\\\\"[[["', rb'[[[\\\\\\"'):
        for width in range(14):
            filler = b'"' + b"x" * (faults._CHUNK - 12 + width) + tail
            text = b"[" + filler + b"," + b"[[" + filler + b",NaN"
            error = faults.explain(text, 128)
            assert (error.code, error.pointer) == ("json-constant", "/1/0/1")
            assert faults.explain(text, 2).column == len(filler) + 4


def test_many_brackets_are_not_deep():
    """More brackets than the depth allows, closed as they come, are no nesting."""
    error = faults.explain(b"[" + b"[]," * 200 + b"NaN", 128)
    assert (error.code, error.pointer) == ("json-constant", "/200")
