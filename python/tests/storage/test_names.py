"""Ids as file names: forty hostile ones escape nowhere and collide nowhere (F1, TS-SESS-020)."""

import unicodedata

import pytest

from timestep.storage import names
from timestep.storage.folders import claim_file, find_file

HOSTILE = [
    *("", ".", "..", "../x", "../../etc/passwd", "/etc/passwd", "..\\x", "C:\\x", "\\\\host\\share", "a/b", "a\\b"),
    *(
        "NUL\0",
        "\0",
        "a\nb",
        "\x1b[2J",
        "CON",
        "con",
        "nul.txt",
        "COM1",
        "lpt9.x",
        "aux .y",
        "x:stream",
        "%2e%2e%2f",
        "%",
    ),
    *("x" * 300, "x" * 299 + "y", "X" * 300, "ä" * 300, "caf\u00e9", "cafe\u0301", "Case", "case", "CASE", "ﬁ", "fi"),
    *(
        ".hidden",
        "end.",
        "end ",
        " start",
        "-rf",
        "~",
        "=",
        "==",
        "a=1",
        "$(reboot)",
        "a b",
        "a_b",
        "\ud800",
        "\u0660",
        "😀",
    ),
]
FOLDED = [names.marked_name(one) for one in HOSTILE]


def test_there_are_forty_of_them():
    """The list is as long as the bar asks, and names nothing twice."""
    assert len(set(HOSTILE)) == len(HOSTILE) >= 40


@pytest.mark.parametrize("one", HOSTILE, ids=ascii)
def test_a_name_is_one_harmless_file_name(one):
    """F1, TS-SESS-019: a name is one component, of ASCII, short, no device, not hidden, and keeps its end."""
    for name in (names.file_name(one), names.marked_name(one)):
        assert name.isascii()
        assert name.isprintable()
        assert not set(name) & set('/\\:*?"<>|$~')
        assert 0 < len(name) <= 240
        assert name[0] not in ".- "
        assert name[-1] not in ". "
        assert name.split(".")[0].split(" ")[0].upper() not in {"CON", "NUL", "AUX", "COM1", "LPT9"}


def test_no_two_ids_have_one_name():
    """F1, TS-SESS-020: names differ for all ids, marked ones also where neither case nor the form of Unicode counts."""
    assert len({names.file_name(one) for one in HOSTILE}) == len(HOSTILE)
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in FOLDED}) == len(HOSTILE)


@pytest.mark.parametrize("one", HOSTILE, ids=ascii)
def test_a_name_leads_back_to_its_id(one):
    """A name can be reversed, but for a digest, which says that it can't."""
    for name in (names.file_name(one), names.marked_name(one)):
        assert names.parts_of(name) == (None if "==" in name else (one,))


@pytest.mark.parametrize("name", ["a/b", "ä", "%ff", "%FF", "%41", "a=x", ".a", "a==b", "%C3"])
def test_a_name_that_is_nobodys_leads_nowhere(name):
    """A file of another name in the folder is no session's."""
    assert names.parts_of(name) is None
    assert names.parts_of("a", 2) is None


@pytest.mark.parametrize("one", ["my-conversation", "Email Assistant", "a_b.c", "2026-11-20"])
def test_a_harmless_id_is_its_own_name(one):
    """TS-SESS-019: what is safe stays readable."""
    assert names.file_name(one) == one


def test_parts_are_kept_apart():
    """TS-SESS-020: two ids of two parts never share a name, wherever their underscores stand."""
    assert names.file_name("Assistant", "my_conversation") == "Assistant_my_conversation"
    pairs = [("a_b", "c"), ("a", "b_c"), ("", "a_b_c"), ("a_b_c", ""), ("", ""), ("%", "5F"), ("x" * 200, "y")]
    assert len({names.file_name(*pair) for pair in pairs}) == len(pairs)
    assert [names.parts_of(names.file_name(*pair), 2) for pair in pairs] == [*pairs[:-1], None]


def test_files_of_ids_that_differ_in_case_alone_have_names_that_do_not(tmp_path):
    """F1, TS-SESS-020: the second gets a marked name, the same at each claim; the folder can be copied anywhere."""
    claimed = [claim_file(tmp_path, (one,), ".x") for one in ("Case", "case", "CASE", "Case", "case")]
    assert [path.name for path in claimed] == ["Case.x", "case=0.x", "CASE=f.x", "Case.x", "case=0.x"]
    assert len({path.name.casefold() for path in tmp_path.iterdir()}) == 3
    assert find_file(tmp_path, ("cAse",), ".x") is None


def test_where_case_does_not_count_a_file_of_another_case_is_not_taken_for_ones_own(tmp_path, monkeypatch):
    """F1: on a system that finds `Case` under `case`, the name in the folder decides."""
    import os

    real = os.path.lexists

    def careless(path):
        names_there = {entry.name.casefold() for entry in tmp_path.iterdir()}
        return real(path) or os.path.basename(path).casefold() in names_there  # noqa: PTH119

    monkeypatch.setattr(os.path, "lexists", careless)
    first = claim_file(tmp_path, ("Case",), ".x")
    assert find_file(tmp_path, ("case",), ".x") is None
    assert [claim_file(tmp_path, (one,), ".x").name for one in ("case", "Case", "case")] == [
        "case=0.x",
        first.name,
        "case=0.x",
    ]
