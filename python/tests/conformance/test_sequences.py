"""Sequences: requests to several processes, what is done between them, and what is looked at in the folder."""

import sqlite3
from contextlib import closing

import pytest

from timestep_conformance import sequences
from timestep_conformance.cases import Case
from timestep_conformance.folder import Folder
from timestep_conformance.places import SuiteError
from timestep_conformance.play import play
from timestep_conformance.testee import Testee

#: A testee that writes, reads, tells its conditions, and asks back.
KEEPER = """
import http.client, os, pathlib, sqlite3, urllib.request
count = 0
def serve(request):
    global count
    count += 1
    op, args = request["op"], request["args"]
    if op == "count":
        return {"ok": {"count": count}}
    if op == "write":
        try:
            pathlib.Path(args["path"]).write_bytes(args["text"].encode())
        except OSError as error:
            return {"err": {"code": "storage-full", "message": str(error)}}
    if op == "append":
        with sqlite3.connect(args["path"], timeout=4) as database:
            database.execute("INSERT INTO t VALUES (2)")
    if op == "get":
        found = []
        for _ in range(args["times"]):
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(args["url"], timeout=4) as got:
                    found.append(json.load(got))
            except (OSError, http.client.HTTPException):
                found.append(None)
        return {"ok": {"found": found}}
    if op == "ask":
        for number, do in enumerate(args["do"]):
            send({"call": count * 10 + number, "do": do, "args": {}})
            answer = json.loads(sys.stdin.readline())
        return {"ok": {"last": answer.get("ok", answer.get("err"))}}
    return {"ok": {"home": os.environ.get("TIMESTEP_HOME"), "given": args.get("given")} if op == "tell" else {}}
"""


def case_of(*steps):
    """Return a case of these steps."""
    return Case("session/x", "x", "session", "tell", {}, {}, sequence=steps)


def asks(op, ok=None, **args):
    """Return a request."""
    return {"op": op, "args": args, "expect": {"ok": ok or {}}}


def writes(name, text, **more):
    """Return a request that writes a file."""
    return {**asks("write", path={"$place": name}, text=text), **more}


@pytest.fixture
def told(small):
    """Return what plays some steps and says why they fail."""

    def tell(*steps):
        with Testee(small(KEEPER), timeout=5) as testee:
            return play(case_of(*steps), testee)

    return tell


def test_processes_are_asked_killed_and_started_again(told):
    """TS-CONF-004: each has what it was asked before, and nothing once it was killed."""
    twice = [asks("count", {"count": 1}), asks("count", {"count": 2})]
    other = {**asks("count", {"count": 1}), "process": "b"}
    assert told(*twice, other, {"kill": "a"}, asks("count", {"count": 1}), {"kill": "b"}, other).outcome == "pass"
    assert "step 1 (count): " in told(asks("count", {"count": 1}), asks("count", {"count": 1})).why
    assert "step 0 (count of b): " in told({**other, "expect": {"ok": {"count": 2}}}).why


def test_the_second_process_ends_with_the_first(small):
    """Nothing of a testee is left behind."""
    with Testee(small(KEEPER), timeout=5) as testee:
        assert play(case_of({**asks("count", {"count": 1}), "process": "b"}), testee).outcome == "pass"
        beside = testee.beside()
        assert beside is testee.beside()
        process = beside._process._process
        assert process.poll() is None
    assert process.poll() is not None


def test_a_process_has_the_conditions_that_it_is_started_under(told):
    """Variables, permissions and the size of files are set for it alone."""
    home = {"start": "c", "environ": {"TIMESTEP_HOME": {"$place": "it's home"}}}
    outcome = told(home, {**asks("tell", {"home": {"$text": None}, "given": None}), "process": "c"})
    assert outcome.outcome == "pass"
    assert "PLACE/it's home" in outcome.frames[-1].line
    without = {"start": "c", "unset": ["TIMESTEP_HOME"]}
    assert told(without, {**asks("tell", {"home": None, "given": None}), "process": "c"}).outcome == "pass"
    open_to_all = {"start": "c", "umask": "000"}
    look = {"files": {"a": {"mode": "666"}}}
    assert told(open_to_all, writes("a", "x", process="c"), look).outcome == "pass"
    assert "its permissions are 644" in told({**open_to_all, "umask": "022"}, writes("a", "x", process="c"), look).why
    full = {**writes("a", {"$repeat": ["x", 5000]}), "process": "c", "expect": {"err": {"code": "storage-full"}}}
    assert told({"start": "c", "file_size": 1024}, full).outcome == "pass"
    assert "expected err" in told({"start": "c"}, full).why


@pytest.mark.parametrize(
    ("look", "why"),
    [
        ({"files": {"a": {"lines": [1, {"b": 2}]}}}, ""),
        ({"files": {"a": {"content": {"text": '1\n{"b": 2}\n'}}}}, ""),
        ({"files": {}, "others": True}, ""),
        ({"files": {}}, 'in the place are ["a"], expected []'),
        ({"files": {"a": {}, "b": {}}}, 'expected ["a", "b"]'),
        ({"files": {"b": {}}, "others": True}, 'b is not there; there are ["a"]'),
        ({"files": {"a": {"lines": [1]}}}, "a: at the top: expected 1 elements, got 2"),
        ({"files": {"a": {"content": {"text": "1\n"}}}}, "a: holds"),
        ({"files": {"a": {"link": "b"}}}, "a: is no link to b any more"),
    ],
)
def test_files_are_looked_at(told, look, why):
    """What a testee has left behind is told exactly, and what differs by its name."""
    found = told(writes("a", '1\n{"b": 2}\n'), look)
    assert (found.outcome == "pass") == (not why)
    assert why in found.why


def test_lines_end_with_a_line_feed_and_are_json(told):
    """TS-SESS-003: a file that is no JSON Lines is told with what stands in it."""
    assert "the last line does not end" in told(writes("a", "1\n2"), {"files": {"a": {"lines": [1, 2]}}}).why
    assert "is no JSON Lines" in told(writes("a", "1\n{\n"), {"files": {"a": {"lines": [1, 2]}}}).why


def test_files_and_links_are_put_there(told):
    """Whole, at the end of one that is there, and as a link; folders too."""
    found = told(
        {"put": "in/a", "content": {"text": "1\n"}},
        {"put": "in/a", "content": {"text": "2\n"}, "append": True},
        {"put": "in/b", "link": "a"},
        {"files": {"in/": {}, "in/a": {"lines": [1, 2]}, "in/b": {"link": "a"}}},
    )
    assert found.outcome == "pass", found.why
    assert "can't be done" in told(writes("a", "x"), {"put": "a/b", "content": {"text": ""}}).why


def test_a_database_is_asked(told):
    """What a file answers to the last statement is compared; one that is none is a failure of the testee."""
    made = {"sql": "d", "do": [["CREATE TABLE t (n)"], ["INSERT INTO t VALUES (?)", {"text": "1"}]]}
    look = {"sql": "d", "do": [["SELECT CAST(n AS TEXT) FROM t"]], "rows": [["1"]]}
    assert told(made, look).outcome == "pass"
    assert "d, SELECT CAST(n AS TEXT) FROM t: at /0/0" in told(made, {**look, "rows": [["2"]]}).why
    assert "file is not a database" in told(writes("d", "x" * 500), look).why


def test_whoever_does_not_wait_for_another_writer_is_caught(told):
    """TS-SESS-026: a lock that is not waited for, and a transaction that is."""
    there = {"put": "a", "content": {"text": "x"}}
    assert "did not wait" in told(there, writes("a", "y", meanwhile={"lock": "a"})).why
    made = {"sql": "d", "do": [["CREATE TABLE t (n)"]]}
    first = {"sql": "d", "do": [["INSERT INTO t VALUES (1)"]]}
    look = {"sql": "d", "do": [["SELECT n FROM t ORDER BY rowid"]], "rows": [[1], [2]]}
    assert told(made, {**asks("append", path={"$place": "d"}), "meanwhile": first}, look).outcome == "pass"
    assert "no such table" in told({**asks("tell"), "meanwhile": first}).why
    assert "No such file" in told({**asks("tell"), "meanwhile": {"lock": "a"}}).why


def test_rows_that_come_in_time_are_waited_for(tmp_path, monkeypatch):
    """They are looked for again until they are there, and no longer than a moment."""
    step = {"sql": "d", "do": [["INSERT INTO t VALUES (1)"], ["SELECT count(*) FROM t"]], "rows": [[3]]}
    with closing(sqlite3.connect(tmp_path / "d")) as database:
        database.execute("CREATE TABLE t (n)")
    assert Folder(tmp_path).done({**step, "eventually": True}) == ""
    assert "expected 3, got 4" in Folder(tmp_path).done(step)
    monkeypatch.setattr("timestep_conformance.folder._PATIENCE", 0.05)
    assert "expected 0" in Folder(tmp_path).done({**step, "rows": [[0]], "eventually": True})


def test_callbacks_are_answered_in_their_order(told):
    """TS-CONF-020: each with what is said, after what is done there; another one is a failure."""
    count = {**asks("count", {"count": 1}), "process": "b"}
    answers = [{"do": "model", "first": [count], "ok": {"n": 1}}, {"do": "tool", "err": {"code": "c", "message": "m"}}]
    step = {**asks("ask", {"last": {"code": "c", "message": "m"}}, do=["model", "tool"]), "answers": answers}
    assert told(step).outcome == "pass"
    assert "step 1 (count of b): " in told(count, step).why
    assert "it asks for 'tool', expected 'nothing'" in told({**step, "answers": answers[:1]}).why
    assert "it asks for 'model', expected 'tool'" in told({**step, "answers": answers[::-1]}).why


def test_what_may_not_be_told_is_looked_for_in_the_answer(told):
    """TS-STORE-015: also where the answer is the expected one."""
    step = {**asks("tell", {"home": {"$any": [None, {"$text": None}]}, "given": "hunter2"}, given="hunter2")}
    assert told(step).outcome == "pass"
    assert "it tells 'hunter2'" in told({**step, "untold": ["hunter2"]}).why


def test_a_folder_is_one_cases_own_and_gone_afterwards(told, monkeypatch, tmp_path):
    """TS-CONF-005: each begins with an empty one; frames show none of it."""
    monkeypatch.setattr(sequences.tempfile, "tempdir", str(tmp_path))
    steps = [{"files": {}}, writes("a", "x"), {"files": {"a": {}}}]
    assert told(*steps).outcome == told(*steps).outcome == "pass"
    assert [path.name for path in tmp_path.iterdir()] == ["testee.py"]
    assert all(str(tmp_path) not in frame.line for frame in told(*steps).frames)


@pytest.mark.parametrize("name", ["/etc/passwd", "../a", "a/../../b"])
def test_a_step_outside_the_folder_is_refused(name, tmp_path):
    """A case works in its folder and nowhere else."""
    with pytest.raises(SuiteError):
        Folder(tmp_path).done({"put": name, "content": {"text": ""}})


def test_a_service_says_what_it_is_told_to_and_notes_what_it_was_asked(told):
    """TS-SESS-025: request by request; it hangs up where it is to, and where nothing is left."""
    serves = {"serves": [{"json": {"n": 1}}, {"hangs_up": True}]}
    get = asks("get", {"found": [{"n": 1}, None, None]}, url={"$service": "/a/b?c"}, times=3)
    asked = [["GET", "/a/b"]] * 3
    assert told(serves, get, {"asked": asked}).outcome == "pass"
    assert "what the service was asked differs" in told(serves, get, {"asked": asked[:2]}).why
    assert told({"asked": []}).outcome == "pass"
