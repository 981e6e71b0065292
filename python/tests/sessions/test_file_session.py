"""Sessions in files: chat lines, names, shared files, torn and damaged lines (R15, R16)."""

import asyncio
import errno
import json
import os
import stat
from inspect import signature

import pytest

from timestep.errors import SessionError, StorageError
from timestep.sessions.file import FileSession
from timestep.state import check, read

HELLO = {"role": "user", "content": "Hello!"}
HOSTILE = [
    *(".", "..", "../x", "../../etc/passwd", "/etc/passwd", "..\\x", "C:\\x", "a/b", "a\\b", "a\nb", "\x1b[2J"),
    *("CON", "con", "nul.txt", "COM1", "x:stream", "%2e%2e%2f", "%", "x" * 300, "X" * 300, "ä" * 300, "x" * 299 + "y"),
    *("caf\u00e9", "cafe\u0301", "Case", "case", "CASE", "ﬁ", "fi", ".hidden", "end.", "end ", " start", "-rf", "~"),
    *("=", "a=1", "$(reboot)", "a b", "a_b", "b", "😀"),
]


def lines(path):
    """Return the lines of a file as values."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def session(tmp_path):
    """Return a session in a folder of its own."""
    return FileSession("Email Assistant", "email-conversation", "Be brief.", storage_dir=tmp_path / "conversations")


def test_the_call_is_the_documented_one():
    """Row 86: names, order and defaults of the arguments."""
    shown = [(name, one.default) for name, one in signature(FileSession).parameters.items()]
    assert [name for name, _ in shown][:4] == ["agent_name", "conversation_id", "agent_instructions", "storage_dir"]
    assert dict(shown)["agent_instructions"] is None
    assert dict(shown)["storage_dir"] == "conversations"


async def test_lines_are_chat_messages_and_the_file_has_a_readable_name(tmp_path, monkeypatch):
    """TS-SESS-019, TS-SESS-021, TS-SESS-022, row 114: one file an agent and conversation, one message a line."""
    monkeypatch.chdir(tmp_path)
    session = FileSession(agent_name="Assistant", conversation_id="my-conversation", agent_instructions="Be kind.")
    answer = {"type": "output_text", "text": "Hello, Alice!", "annotations": [], "logprobs": []}
    await session.add_items([HELLO])
    await session.add_items(
        [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [answer]}]
    )
    path = tmp_path / "conversations" / "Assistant_my-conversation.jsonl"
    assert session.path == path
    assert list(path.parent.iterdir()) == [path]
    assert lines(path) == [HELLO, {"role": "assistant", "content": "Hello, Alice!"}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Be kind" not in path.read_text()  # TS-SESS-022


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"role": "assistant", "content": "Hm", "phase": "commentary"},
        {"type": "message", "role": "assistant", "status": "incomplete", "content": "cut o"},
        {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:"}]},
        {"role": "user", "content": [{"type": "input_text", "text": "a", "cache": True}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "a", "logprobs": [{"token": "a"}]}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "content": ["text"]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "assistant", "content": None, "tool_calls": []},
    ],
)
async def test_what_is_more_than_text_is_a_line_as_it_is(session, item):
    """TS-SESS-021: nothing is left out of an item that is no plain message."""
    await session.add_items([item])
    assert lines(session.path) == [item] == await session.get_items()


async def test_a_session_goes_on_under_changed_instructions(session):
    """R16: instructions are the caller's; they change without a trace in the file."""
    await session.add_items([HELLO])
    changed = FileSession("Email Assistant", "email-conversation", "Be long.", session.storage_dir)
    assert (session.agent_instructions, changed.agent_instructions) == ("Be brief.", "Be long.")
    assert await changed.get_items() == [HELLO]


async def test_hostile_ids_stay_in_the_folder_and_apart(tmp_path):
    """F1, TS-SESS-020: forty hostile ids as conversation and as agent; every one finds its own items again."""
    folder = tmp_path / "a" / "b"
    pairs = [*(("Agent", one) for one in HOSTILE), *((one, "b") for one in HOSTILE)]
    assert len(HOSTILE) >= 40
    for number, (agent, conversation) in enumerate(pairs):
        await FileSession(agent, conversation, storage_dir=folder).add_items([{"role": "user", "content": str(number)}])
    for number, (agent, conversation) in enumerate(pairs):
        found = FileSession(agent, conversation, storage_dir=folder)
        assert [item["content"] for item in await found.get_items()] == [str(number)]
    files = list(folder.iterdir())
    assert len({path.name.casefold() for path in files}) == len(pairs)
    assert sorted(tmp_path.rglob("*")) == sorted([tmp_path / "a", folder, *files])
    assert len({FileSession(*pair, storage_dir=folder).session_id for pair in pairs}) == len(pairs)


async def test_a_name_that_is_a_digest_is_explained_in_the_first_line(tmp_path):
    """TS-SESS-020: such a file begins with the header, which is no item and which our reader takes."""
    session = FileSession("Agent", "x" * 300, storage_dir=tmp_path)
    await session.add_items([HELLO])
    assert lines(session.path)[0] == {
        "format": "timestep.session-items",
        "format_version": "1.0",
        "session_id": "x" * 300,
        "agent_name": "Agent",
    }
    assert await session.get_items() == [HELLO] == await session.get_items(5)
    assert read(session.path).items == [HELLO]
    assert [await session.pop_item(), await session.pop_item()] == [HELLO, None]
    await session.clear_session()
    assert len(lines(session.path)) == 1


async def test_our_own_reader_takes_a_session_file(session):
    """TS-SESS-003: the file is JSON Lines as `timestep check` reads it."""
    await session.add_items([HELLO, {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}])
    assert [finding.code for finding in check(session.path)] == ["call-dangling"]


@pytest.mark.parametrize("bad", ["", "a\0b", "\ud800"])
@pytest.mark.parametrize("place", [0, 1])
def test_an_id_that_can_be_none_is_refused(tmp_path, bad, place):
    """TS-CORE-008: before anything is made."""
    ids = ["Agent", "conversation"]
    ids[place] = bad
    with pytest.raises(SessionError) as caught:
        FileSession(*ids, storage_dir=tmp_path)
    assert caught.value.code == "session-id"


async def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path):
    """TS-SESS-027: F1."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "A_b.jsonl").symlink_to(victim)
    with pytest.raises(StorageError):
        await FileSession("A", "b", storage_dir=tmp_path).add_items([HELLO])
    assert victim.read_bytes() == b"precious"


async def test_a_first_line_that_is_a_broken_header_is_refused(session):
    """TS-SESS-016: it is taken for a damaged line, and not passed over."""
    await session.add_items([HELLO])
    session.path.write_text('{"format": "timestep.session-items", }\n')
    with pytest.raises(SessionError) as caught:
        await session.get_items()
    assert caught.value.line == 1


@pytest.mark.parametrize("bad", ["{nonsense}", '{"a": 1, "a": 2}', "[]", '{"content": "x"}', '{"role": NaN}'])
async def test_a_damaged_line_is_refused_with_its_number(session, bad):
    """TS-SESS-016: neither skipped nor guessed; the lines after it can be read by themselves."""
    await session.add_items([HELLO])
    with session.path.open("a") as file:
        file.write(f"{bad}\n" + json.dumps(HELLO) + "\n")
    with pytest.raises(SessionError) as caught:
        await session.get_items()
    assert (caught.value.code, caught.value.line, caught.value.file) == ("session-damaged", 2, str(session.path))
    assert await session.get_items(1) == [HELLO]


async def test_a_torn_last_line_is_repaired(session):
    """TS-SESS-015: what a dead writer left is passed over, then removed."""
    await session.add_items([HELLO])
    with session.path.open("a") as file:
        file.write('{"role": "user", "con')
    assert await session.get_items() == [HELLO]
    await session.add_items([HELLO])
    assert lines(session.path) == [HELLO, HELLO]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("call", ["open", "write", "fsync"])
async def test_what_the_system_refuses_is_a_typed_error(tmp_path, monkeypatch, number, call):
    """D6, TS-SESS-018: the items that were there are, and the session goes on when the cause is gone."""
    session = FileSession("A", "b", storage_dir=tmp_path, sync="disk")
    await session.add_items([HELLO])

    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        broken.setattr(os, call, refuse)
        with pytest.raises(StorageError) as caught:
            await session.add_items([HELLO] * 3)
    assert caught.value.requirement == "TS-SESS-018"
    assert await session.get_items() == [HELLO]
    await session.add_items([HELLO])
    assert len(await session.get_items()) == 2


async def test_who_finds_the_file_locked_waits_in_a_thread(session):
    """TS-SESS-026: the event loop goes on meanwhile."""
    import fcntl

    await session.add_items([HELLO])
    with session.path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = asyncio.create_task(session.add_items([HELLO]))
        reading = asyncio.create_task(session.get_items())
        await asyncio.sleep(0)
        assert not waiting.done()
        fcntl.flock(other, fcntl.LOCK_UN)
        await asyncio.wait_for(asyncio.gather(waiting, reading), 5)
    assert len(await session.get_items()) == 2


def test_a_session_stays_where_it_was_made(tmp_path, monkeypatch):
    """A folder is taken from where the session was made, wherever the process goes."""
    monkeypatch.chdir(tmp_path)
    session = FileSession("A", "b")
    monkeypatch.chdir("/")
    assert session.path == tmp_path / "conversations" / "A_b.jsonl"
