"""The testee in Perl: it passes all that it declares, and reads text as the reference does."""

import base64
import json
import re

import pytest

from timestep_conformance import cases, payloads
from timestep_conformance.run import OK
from timestep_conformance.templates import TEMPLATES
from timestep_conformance.testee import Testee

SOUND = b'{"format":"timestep.run-state","format_version":"1.0"'
DEEP = b"[" * 128 + b"]" * 128

#: Texts at the edges of core.md. Those that no rule refuses are of no known format.
TEXTS = {
    "nothing": b"",
    "blanks": b" \t\r\n",
    "blank-that-is-none": b"\x0b1",
    "number-alone": b"7",
    "minus-alone": b"[-]",
    "point-without-digits": b"[1.]",
    "exponent-without-digits": b"[1e+]",
    "comma-first": b"[,1]",
    "comma-last-in-an-object": b'{"a":1,}',
    "name-without-quotes": b"{a:1}",
    "name-without-value": b'{"a"}',
    "closed-wrongly": b"[1}",
    "closed-twice": b"[1]]",
    "open-list": b"[1",
    "open-list-behind-a-comma": b"[1,",
    "open-object-behind-a-name": b'{"a"',
    "open-string": b'["a',
    "open-escape": b'["\\',
    "open-code": b'["\\u12',
    "code-that-is-none": b'["\\u12g4"]',
    "half-a-pair-and-a-letter": b'["\\ud83da"]',
    "half-a-pair-twice": b'["\\ud83d\\ud83d"]',
    "beyond-unicode": b'["\xf4\x90\x80\x80"]',
    "five-bytes": b'["\xf8\x88\x80\x80\x80"]',
    "utf-16": "[1]".encode("utf-16"),
    "other-format": b'{"format":"timestep.run","format_version":"1.0"}',
    "version-absent": b'{"format":"timestep.run-state"}',
    "version-null": b'{"format":"timestep.run-state","format_version":null}',
    "version-with-a-zero-first": b'{"format":"timestep.run-state","format_version":"01.0"}',
    "version-with-a-line": b'{"format":"timestep.run-state","format_version":"1.0\\n"}',
    "name-twice-below": SOUND + b',"a/b":[{"~":0,"~":0}]}',
    "nan-below": SOUND + b',"a":[0,NaN]}',
    "depth-over": SOUND + b',"a":' + DEEP + b"}",
    "digits-over-in-an-exponent": SOUND + b',"a":1e' + b"0" * 400 + b"}",
    "containers-over": SOUND + b',"a":[' + b"[[],[],[]]," * 50_000 + b"[]]}",
    "size-over": SOUND + b" " * (16 << 20) + b"}",
    "integer-beyond-doubles": b'{"a":1' + b"0" * 399 + b"}",
    "zero-with-a-huge-exponent": b'{"a":0.0e99999}',
    "smallest-double": b'{"a":[5e-324,-1.7976931348623157e308]}',
    "beyond-the-smallest-double": b"[2e-324]",
    "beyond-the-largest-double": b"[-1.8e308]",
}


@pytest.fixture(scope="session")
def minimal(repo_root, perl):
    """Return the command of the testee in Perl."""
    return [perl, str(repo_root / "conformance/testees/minimal/testee.pl")]


@pytest.fixture(scope="module")
def both(minimal, reference):
    """Return the testee in Perl and the reference, each started once."""
    with Testee(minimal, timeout=5) as mine, Testee(reference, timeout=5) as other:
        yield mine, other


def test_it_passes_all_that_it_declares(minimal, asked):
    """TS-CONF-010, TS-CONF-011: what it does not have it does not declare, and is not asked."""
    result = asked(cases.load(), minimal)
    assert result.hello.features == ("validate", "save", "json")
    assert result.status == OK
    outcomes = [verdict.outcome for verdict in result.verdicts]
    assert outcomes.count("pass") >= 60
    assert set(outcomes) == {"pass", "undeclared"}


@pytest.mark.parametrize("name", TEXTS)
def test_it_reads_text_as_the_reference_does(name, both):
    """TS-CORE-002, TS-CORE-007, TS-CORE-011, TS-CORE-015: two languages give one text the same code and place."""
    args = {"state": payloads.payload(TEXTS[name])}
    answer, wanted = (testee.ask("validate", args) for testee in both)
    assert (answer.kind, wanted.kind) == ("err", "err")
    assert answer.value["code"] == wanted.value["code"]
    if answer.value["code"] != "json-encoding":  # which it tells before it looks for a place
        assert answer.value["pointer"] == (wanted.value.get("pointer") or "")


def test_it_writes_each_character_again(minimal):
    """TS-CORE-014, TS-CONF-003: what it writes is JSON with the same values, also where it was sent as base64."""
    text = "".join(map(chr, [*range(0x300), 0x2028, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF]))
    document = {"format": "timestep.run-state", "format_version": "1.7", text: [text, {}, [], 0, True, None]}
    with Testee(minimal, timeout=5) as testee:
        for escaped in (True, False):
            data = json.dumps(document, ensure_ascii=escaped).encode()
            for sent in ({"text": data.decode()}, {"base64": base64.b64encode(data).decode()}):
                answer = testee.ask("save", {"state": sent})
                assert json.loads(answer.value["state"]["text"]) == document


def test_it_is_as_small_as_it_says(repo_root):
    """Under 120 lines, with no module that a machine without more than `perl-base` lacks."""
    text = (repo_root / "conformance/testees/minimal/testee.pl").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 120
    assert set(re.findall(r"\b(?:use|require)\s+([\w:]+)", text)) == {"strict", "warnings"}


def test_the_beginning_in_perl_takes_bytes_in_both_forms(perl, tmp_path):
    """TS-CONF-003: what `init --lang perl` writes reads text and base64, and needs no module either."""
    text = TEMPLATES["perl"].text()
    assert set(re.findall(r"^\s*(?:use|require)\s+([\w:]+)", text, re.MULTILINE)) == {"strict", "warnings"}
    file = tmp_path / "testee.pl"
    file.write_text(text, encoding="utf-8")
    document = {"format": "timestep.run-state", "format_version": 'é"\\\n\U0001f41d', "n": [-1.5e3, True, None, {}]}
    with Testee([perl, str(file)], timeout=5) as testee:
        for escaped in (True, False):
            data = json.dumps(document, ensure_ascii=escaped).encode()
            for sent in ({"text": data.decode()}, {"base64": base64.b64encode(data).decode()}):
                answer = testee.ask("validate", {"state": sent})
                assert answer.value["number"] == document["format_version"]
