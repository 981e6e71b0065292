"""Two testees compared: on the cases, and on documents made at random, each disagreement made small and kept."""

import json
import random
import re

import pytest

from timestep_conformance import cases, cli, fuzz_cases, json_text
from timestep_conformance.differing import answers_differ
from timestep_conformance.fuzzing import Fuzzing
from timestep_conformance.mutation import mutated
from timestep_conformance.play import play
from timestep_conformance.shrinking import Enough, shrunk
from timestep_conformance.testee import Answer, Testee

from .test_case_files import schemas

#: By name: another case would make other documents of the same seed.
FEW = cases.named(
    f"codec/{name}"
    for name in (
        "example-agent-unknown-refused", "example-answered-by-load", "example-answered-by-save",
        "example-approved-without-a-decision-refused", "example-revision-negative-refused", "timestep-taken",
    )
)  # fmt: skip
#: A strict reader of nothing but grammar, with `FAULT` left out: what it says of a document is its kind alone.
READER = """
def refuse(code):
    raise ValueError(code)
def pairs(members):
    names = [name for name, _ in members]
    if FAULT != "duplicate" and len(set(names)) < len(names):
        refuse("json-duplicate")
    return {name: value for name, value in members}
def serve(request):
    text = request["args"]["state"].get("text")
    if text is None:
        return {"err": {"code": "json-encoding"}}
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=lambda _: refuse("json-constant"))
    except RecursionError:
        return {"err": {"code": "json-depth"}}
    except ValueError as error:
        return {"err": {"code": str(error) if str(error).startswith("json-") else "json-syntax"}}
    if FAULT == "crash" and "inf," in str([value, 0]):
        sys.exit(3)
    if FAULT == "all":
        return {"ok": {"state": {"text": json.dumps([value])}}}
    if FAULT == "value" and isinstance(value, dict) and "__proto__" in value:
        value["seen"] = True
    return {"ok": {"state": {"text": json.dumps(value)}}}
"""


@pytest.fixture
def reader(tmp_path):
    """Return what writes a reader with a fault, and gives its command."""
    import sys

    from .conftest import LOOP, SMALL

    def write(fault=""):
        path = tmp_path / f"reader-{fault}.py"
        path.write_text(f"{SMALL}FAULT = {fault!r}\n{READER}{LOOP}", encoding="utf-8")
        return [sys.executable, str(path)]

    return write


@pytest.fixture
def found(reader):
    """Return what asks two readers at random, and gives what was found."""

    def fuzz(one, other, *, seed=1, count=150):
        with Testee(reader(one), timeout=5) as ours, Testee(reader(other), timeout=5) as theirs:
            return Fuzzing((ours, theirs), seed, count, 60).run(FEW)

    return fuzz


def test_a_difference_is_found_made_small_and_kept_as_a_case(found, reader, repo_root, tmp_path):
    """The case is of the schema, tentative, and fails for the testee that is wrong and not for the other."""
    findings = [each for each in found("", "duplicate") if each.question.op == "validate"]
    assert [each.difference.signature for each in findings] == ["err json-duplicate / ok"]
    assert len(findings[0].data) <= 12
    assert json_text.parse(findings[0].data)
    file = fuzz_cases.write(findings[0], tmp_path)
    assert list(schemas(repo_root).iter_errors(json.loads(file.read_text("utf-8")))) == []
    case = cases.read(file)
    assert case.tentative
    assert case.requirements == ("TS-CORE-003",)
    for fault, outcome in (("", "pass"), ("duplicate", "fail")):
        with Testee(reader(fault), timeout=5) as testee:
            assert play(case, testee).outcome == outcome
    assert [case.id for case in cases.load(tmp_path)] == [case.id]


def test_results_are_compared_as_json(found, tmp_path):
    """Another member is a difference, told by its place; another order of names is none."""
    findings = found("", "value", count=400)
    (first, *_) = [each for each in findings if each.difference.signature == "ok, /state/*/seen"]
    assert b'{"__proto__":' in first.data
    assert len(first.data) <= len(b'{"__proto__":[]}')
    expected = {"ok": {"state": {"$same": {"text": json.dumps(json.loads(first.data))}}}}
    assert cases.read(fuzz_cases.write(first, tmp_path)).expect == expected
    one = Answer("ok", {"state": {"text": '{"a": 1, "$b": 2.50}'}}, ())
    other = Answer("ok", {"state": {"base64": "eyIkYiI6Mi41LCJhIjoxfQ=="}}, ())
    assert answers_differ(one, other) is None


def test_a_testee_that_ends_is_a_difference(found):
    """A crash is found, and what brings it about is made small, too."""
    finding, *_ = found("", "crash", count=200)
    assert finding.difference.signature == "ok / crashed"
    assert re.fullmatch(rb"-?[1-9]e[0-9]{3}", finding.data)


def test_the_same_seed_finds_the_same(found):
    """What was found can be found again; another seed asks other questions."""
    one, again, other = (
        [(each.data, each.times) for each in found("", "duplicate", seed=seed)] for seed in (7, 7, 8)
    )  # fmt: skip
    assert one == again
    assert one != other


def test_what_differs_without_a_change_is_not_looked_for(found):
    """Where two differ on the case itself, `diff` without --fuzz tells it, and no change is to blame."""
    assert found("", "all", count=60) == []


def test_equal_testees_agree(found):
    """Nothing is found where there is nothing."""
    assert found("", "", count=100) == []


def test_refusals_differ_by_their_codes_where_asked():
    """A document with two faults may be refused for either; what one does not have is no difference."""
    one, other = Answer("err", {"code": "a", "pointer": "/x"}, ()), Answer("err", {"code": "b"}, ())
    assert answers_differ(one, other, codes=False) is None
    assert answers_differ(one, other).signature == "err a / err b"
    there = Answer("err", {"code": "a", "pointer": "/y"}, ())
    assert answers_differ(one, there) is None
    assert answers_differ(one, there, pointers=True).signature == "err a, pointer"
    assert answers_differ(one, Answer("unsupported", {"feature": "x"}, ())) is None
    assert answers_differ(*[Answer("crashed", "it has ended", ())] * 2) is not None


def test_what_is_made_smaller_stays_wrong_and_gets_as_small_as_can_be():
    """Members, elements, letters and bytes go; what is needed stays, a name that stands twice as well."""
    data = b'{"keep": {"deep": [1, 2, {"bad": "xyz", "bad": 2}]}, "other": "long text", "more": [1, 2, 3]}'

    def wrong(text):
        try:
            return any(
                len({name for name, _ in node}) < len(node)
                for node in [json_text.at(place) for place in json_text.places([json_text.parse(text)])]
                if isinstance(node, json_text.Members)
            )
        except ValueError:
            return False

    assert len(shrunk(data, wrong)) <= 15
    assert shrunk(b"\x00\x01\xff\x02" * 9, lambda text: text.count(b"\xff") >= 2) == b"\xff\xff"
    assert shrunk(b"[1, 2 , 3]", lambda text: b" ," in text) == b" ,"  # how it is written is what matters


def test_what_takes_too_long_is_made_only_as_small_as_there_is_time_for():
    """The search ends where it is told to, with the smallest document so far."""
    left = iter(range(3))

    def wrong(_):
        if next(left, None) is None:
            raise Enough
        return True

    assert shrunk(b"[[1, 2, 3, 4, 5, 6, 7]]", wrong) == b"1"
    assert shrunk(b"[1]", wrong) == b"[1]"


def test_documents_are_changed_in_all_ways():
    """Among a few hundred are doubled names, huge numbers, halves of pairs, deep nests, bytes that are no text."""
    rng = random.Random(1)
    seed = b'{"name": "Ann", "list": [1, {"a": null}], "json": "{\\"city\\": \\"Oslo\\"}"}'
    made = [mutated(seed, rng) for _ in range(600)]
    for pattern in (rb'"name".*"name"', rb"1e309", rb"\\ud800", rb"\[{100}", rb"\xff", rb'\{\\"city\\":[^}]*[^}O]'):
        assert any(re.search(pattern, data) for data in made), pattern
    assert len({*made}) > 400
    assert made == [mutated(seed, rng) for rng in [random.Random(1)] for _ in range(600)]
    assert {len(mutated(b"", rng)) < 40 for _ in range(50)} == {True}


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":[1.50,-0,1e999],"":{}}', '"\\ud800"', '["é",true,null]', '"😀"', "[]", "12345678901234567890"]
)
def test_text_is_kept_as_it_is_written(text):
    """Names that stand twice, digits, and halves of pairs come through."""
    assert json_text.data_of(json_text.parse(text.encode())).decode() == text


def test_cases_are_asked_of_both_and_differences_told(reference, broken, capsys):
    """Status 1 where they differ, 0 where they do not; what both do not have is not asked."""
    words = ["diff", "-k", "codec/core-name-*", "-k", "loop/answer-*", "--"]
    assert cli.status([*words, *reference, "----", *broken("codec-last-name-wins")]) == 1
    out = capsys.readouterr().out
    assert 'DIFFERS codec/core-name-twice: one says err "json-duplicate", the other ok {"kind": "run-state"' in out
    assert cli.status([*words, *reference, "----", *reference]) == 0
    assert re.search(r"cases asked of both, 0 answered differently", capsys.readouterr().out)
    assert cli.status([*words, *reference, "----", *broken("loop-not-counted")]) == 1
    assert "DIFFERS loop/answer-" in capsys.readouterr().out


def test_the_command_writes_what_it_finds(reader, tmp_path, capsys):
    """Each way to disagree is told with its document, and its case is written into a folder."""
    words = ["diff", "--fuzz", "--count", "150", "-k", "codec/example-*", "-o", str(tmp_path / "found")]
    assert cli.status([*words, "--", *reader(), "----", *reader("duplicate")]) == 1
    out = capsys.readouterr().out
    assert len(list((tmp_path / "found/codec").glob("fuzz-*.json"))) == out.count("DIFFERS") == out.count("written: ")
    assert "150 documents asked of both" in out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--", "true"], 2, "two testees are needed"),
        (["--", "true", "----"], 2, "two testees are needed"),
        (["-k", "nothing/*", "--", "true", "----", "true"], 2, "no case is selected"),
        (["--", "true", "----", "true"], 3, "no answer to hello"),
    ],
)
def test_what_can_not_be_compared_has_its_own_status(words, code, told, capsys):
    """2 is the caller's fault, 3 is no verdict."""
    assert cli.status(["diff", *words]) == code
    assert told in capsys.readouterr().err
