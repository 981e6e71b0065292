"""What was expected against what came."""

import hashlib

import pytest

from timestep_conformance import places
from timestep_conformance.matching import difference

TEXT = '{"a": 1.50, "b": [9007199254740993, true]}'


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1, "b": [True, None]}, {"b": [True, None], "a": 1}),
        (1, 1.0),
        ({"$any": ["x", 2]}, 2),
        ({"state": {"$bytes": None}}, {"state": {"base64": "AA=="}}),
        ({"$bytes": {"text": "A"}}, {"base64": "QQ=="}),
        ({"$bytes": {"begins": "0a12", "ends": "01"}}, {"base64": "ChIB"}),
        ({"$holds": {"all": ["mail"], "none": ["s3"]}}, "a mail"),
        ({"$holds": {"none": ["s3"]}}, {"text": "a mail"}),
        ({"$json": {"a": 1.5, "b": [9007199254740993, True]}}, {"text": TEXT}),
        ({"$at": {"/b/0": 9007199254740993}}, {"text": TEXT}),
        ({"$at": {"/c": {"$absent": True}, "/b/7": {"$absent": True}}}, {"text": TEXT}),
        ({"$same": {"text": '{"b": [9007199254740993, true], "a": 1.5}', "edits": []}}, {"text": TEXT}),
        ({"$has": [{"a": 2}, 1]}, [1, {"a": 2}, 3]),
        ({"$at": {"/b": {"$has": [True]}}}, {"text": TEXT}),
        ({"$without": ["Bob", "1"]}, {"note": ["Ann", 1, None]}),
        ({"$lines": [1, {"a": None}]}, {"text": '1\n\n {"a": null}\r\n'}),
        ({"$lines": []}, {"text": ""}),
        ({"$text": None}, "a\nb"),
        ({"$time": None}, "2026-11-21T19:00:00.123+00:00"),
        ({"$time": None}, "2026-11-21 19:00:00Z"),
    ],
)
def test_what_is_equal_matches(expected, actual):
    """Names stand in any order, and numbers are equal by value."""
    assert difference(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual", "told"),
    [
        (1, True, "at the top: expected 1, got true"),
        (0, False, "at the top"),
        (None, 0, "at the top"),
        ("1", 1, "at the top"),
        ({"a": 1}, {"a": 1, "b": 2}, "at /b: is not expected; got 2"),
        ({"a~/": 1}, {}, "at /a~0~1: is missing; expected 1"),
        ({"a": {}}, {"a": []}, "at /a: expected an object"),
        ([1, 2], [1], "at the top: expected 2 elements, got 1"),
        ([1], {}, "at the top: expected a list"),
        ([[1], [2]], [[1], [3]], "at /1/0: expected 2, got 3"),
        ({"$any": ["x", 2]}, 3, "expected one of"),
        ({"$bytes": None}, {"text": 1}, "expected bytes"),
        ({"$bytes": {"text": "A"}}, {"text": "B"}, "expected bytes as"),
        ({"$bytes": {"begins": "0a12"}}, {"text": "B"}, "expected bytes as"),
        ({"$bytes": {"ends": "01"}}, {"base64": "ChIC"}, "expected bytes as"),
        ({"$holds": {"all": ["mail"]}}, "a letter", 'expected a text with "mail"'),
        ({"$holds": {"none": ["s3"]}}, {"text": "is s3"}, 'expected a text without "s3"'),
        ({"$holds": {"none": ["s3"]}}, 1, "expected bytes"),
        ({"$json": {}}, {"text": "{"}, "expected a JSON document"),
        ({"$lines": [1]}, {"text": "1"}, "the last line does not end with a line feed"),
        ({"$lines": [1]}, {"text": "1\n2\n"}, "(the lines) : expected 1 elements, got 2"),
        ({"$text": None}, "", "expected a text that is not empty"),
        ({"$text": None}, 1, "expected a text that is not empty"),
        ({"$time": None}, "2026-11-21T19:00:00", "expected a time with its distance from UTC"),
        ({"$json": {}}, {"base64": "%"}, "expected a JSON document"),
        ({"$json": 1}, {"text": "NaN"}, "NaN is no JSON"),
        ({"$json": 9007199254740993}, {"text": "9007199254740992"}, "expected 9007199254740993"),
        ({"$at": {"/b/2": 1}}, {"text": TEXT}, "/b/2: is missing"),
        ({"$at": {"/b/1": 1}}, {"text": TEXT}, "expected 1, got true"),
        ({"$at": {"/b/0": {"$absent": True}}}, {"text": TEXT}, "/b/0: expected nothing there, got 9007199254740993"),
        ({"$same": {"text": "{}", "edits": []}}, {"text": TEXT}, "is not expected"),
        ({"rows": {"$has": [1, 2]}}, {"rows": [1, 3]}, "at /rows: expected an element 2, got [1, 3]"),
        ({"$has": []}, {}, "expected a list"),
        ({"$without": ["Bob"]}, {"note": [{"to": "Bobby"}]}, "'Bob' stands in it"),
        ({"$without": ["Bob"]}, {"Bob": 1}, "'Bob' stands in it"),
    ],
)
def test_the_first_difference_is_told_with_its_place(expected, actual, told):
    """The pointer leads to it."""
    assert told in str(difference(expected, actual))


def test_a_subset_may_have_more_members():
    """Less is asked of objects alone: a list has as many elements, and values are the same."""
    assert difference({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}], "d": 3}, subset=True) is None
    assert difference({"a": []}, {"a": [1]}, subset=True)
    assert difference({"a": 1}, {"a": 2}, subset=True)
    assert difference({"$has": [{"b": 1}]}, [{"b": 1, "c": 2}], subset=True) is None
    assert difference({"$has": [{"b": 1}]}, [{"b": 1, "c": 2}])


def test_a_document_equal_to_a_file_is_compared_whole(tmp_path, monkeypatch):
    """`$same` names a file; also where a subset is asked for, nothing may be added to it."""
    monkeypatch.setitem(places.FOLDERS, "fixtures", tmp_path)
    (tmp_path / "a.json").write_text('{"a": 1}', encoding="utf-8")
    wanted = {"$same": {"file": "fixtures/a.json", "sha256": hashlib.sha256(b'{"a": 1}').hexdigest()}}
    assert difference(wanted, {"text": '{ "a" : 1 }'}, subset=True) is None
    assert difference(wanted, {"text": '{"a": 1, "b": 2}'}, subset=True)
