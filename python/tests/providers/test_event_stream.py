"""Server-sent events, whatever way their bytes arrive."""

import pytest

from timestep.providers.event_stream import EventReader

STREAM = (
    "\ufeffdata: first\n\n"
    ": a comment\n\n"
    "event: named\nid: 7\nretry: 10\ndata:without a space\n\n"
    "data: two\ndata:  lines\n\n"
    "data: wörld 🙂\n\n"
    "\n\n"
    "data: last\n\n"
)
EVENTS = [b"first", b"without a space", b"two\n lines", "wörld 🙂".encode(), b"last"]


def read(chunks):
    """Return all events of a stream."""
    reader = EventReader()
    return [data for chunk in chunks for data in reader.feed(chunk)]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_events_are_the_same_however_lines_end_and_chunks_are_cut(ending, size):
    """Byte order mark, comments, other fields, several data lines; cuts inside a character and inside CRLF."""
    raw = STREAM.replace("\n", ending).encode()
    assert read(raw[start : start + size] for start in range(0, len(raw), size)) == EVENTS


def test_a_return_at_the_end_of_a_chunk_is_one_line_end_with_the_feed_that_follows():
    """Else an event would end between the two, and its second line would be another event."""
    assert read([b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"]) == [b"a\nb"]
    assert read([b"data: a\r", b"\n", b"\n", b"data: b\n\n"]) == [b"a", b"b"]


def test_an_event_is_there_as_soon_as_its_empty_line_is():
    """What is shown to people must not wait for the next event."""
    reader = EventReader()
    assert reader.feed(b"data: a\n") == []
    assert reader.feed(b"\nda") == [b"a"]
    assert reader.feed(b"ta: b") == []
    assert reader.end() == [b"b"]
    assert reader.end() == []


def test_a_large_event_in_small_chunks_is_joined_once():
    """A picture of 4 MB in 4,096 chunks: joining again for every chunk would copy 8 GB."""
    chunk = b"x" * 1024
    events = read([b"data: ", *[chunk] * 4096, b"\n\n"])
    assert [len(data) for data in events] == [4096 * 1024]
