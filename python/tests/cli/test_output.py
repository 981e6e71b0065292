"""Text of a document on a terminal: nothing in it is obeyed."""

import json
import sys
import unicodedata

import pytest

from timestep.cli.output import one_line, plain

ALL = [chr(code) for code in range(sys.maxunicode + 1)]
#: Unicode's own list of what changes the direction of writing (UAX 9, Bidi_Control).
DIRECTION = [
    *("\u061c", "\u200e", "\u200f"),
    *("\u202a", "\u202b", "\u202c", "\u202d", "\u202e"),
    *("\u2066", "\u2067", "\u2068", "\u2069"),
]
CONTROLS = [each for each in ALL if unicodedata.category(each) == "Cc"]


def test_the_list_of_directions_is_whole():
    """The characters that the Unicode database calls embeddings, overrides, isolates and their ends are in it."""
    kinds = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert {each for each in ALL if unicodedata.bidirectional(each) in kinds} <= set(DIRECTION)


@pytest.mark.parametrize("character", [*CONTROLS, *DIRECTION], ids=lambda each: f"{ord(each):04x}")
def test_a_character_that_steers_is_shown_by_its_number(character):
    """TS-SEC-013: a control character and one that changes the direction of writing are made visible."""
    assert one_line(f"a{character}b") in {f"a\\x{ord(character):02x}b", f"a\\u{ord(character):04x}b", "a\\nb"}
    assert character == "\n" or character not in plain(character)


def test_text_that_people_write_stays():
    """TS-SEC-013: letters of every script, joiners and emoji are no control characters."""
    for text in ("Grüße, 你好, שלום, مرحبا", "\u0645\u06cc\u200c\u062e\u0648", "👩\u200d🔬", "a\u0301 \u00a0 \ufe0f"):
        assert one_line(text) == text


def test_only_letters_without_width_or_meaning_are_escaped_besides():
    """What is shown by its number is a control, a format, a separator, a surrogate or a tag, never a letter."""
    escaped = {unicodedata.category(each) for each in ALL if plain(each) != each}
    assert escaped <= {"Cc", "Cf", "Zl", "Zp", "Cs", "Cn"}


@pytest.mark.parametrize("words", [["show"], ["check"], ["diff"]])
def test_no_command_lets_a_file_steer_the_terminal(run, broken, saved, words):
    """TS-SEC-013: whatever a verb shows of a file, as text and as JSON, where it is the same text once read."""
    planted = "".join(f"\\u{ord(each):04x}" for each in [*CONTROLS, *DIRECTION] if each != "\n")
    other = [saved("one_waiting")] if words == ["diff"] else []
    for text in ("Mail Ann.", "ann@example.com"):  # the second makes the call one that has been changed
        path = broken(text, planted)
        for form in ("text", "json"):
            result = run(*words, path, *other, "--format", form)
            assert not set(result.output) & {*CONTROLS, *DIRECTION} - {"\n"}
        told = json.dumps(json.loads(result.stdout), ensure_ascii=False)
        assert text != "Mail Ann." or words == ["check"] or all(each in told for each in DIRECTION)
