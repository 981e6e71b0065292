"""Server-sent events, read from chunks of bytes that may be cut anywhere."""

from __future__ import annotations

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventReader:
    """Splits a byte stream into the data of its events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Lines end in CRLF, LF or CR.  Comments and other fields than `data` are left out: what an event is, its data says.
    """

    def __init__(self) -> None:
        self._cut: list[bytes] = []  # pieces of a line that is not ended yet
        self._data: list[bytes] = []  # lines of an event that is not ended yet
        self._after_return = False  # whether the last chunk ended in a CR, so that an LF belongs to it
        self._begun = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes; return the data of each event that they complete."""
        if self._after_return or b"\r" in chunk:
            chunk = self._plain(chunk)
        *ended, rest = chunk.split(b"\n")
        if not ended:
            self._cut.append(rest)
            return []
        if self._cut:
            ended[0] = b"".join((*self._cut, ended[0]))
        self._cut = [rest] if rest else []
        if not self._begun:
            self._begun = True
            ended[0] = ended[0].removeprefix(_BYTE_ORDER_MARK)
        return self._events(ended)

    def end(self) -> list[bytes]:
        """Return the data of a last event that no empty line ends; whether it is whole, its reader has to judge."""
        return self.feed(b"\n\n")

    def _plain(self, chunk: bytes) -> bytes:
        """Return a chunk whose lines end in LF."""
        if self._after_return:
            chunk = chunk.removeprefix(b"\n")
        self._after_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, lines: list[bytes]) -> list[bytes]:
        """Return the data of each event that these lines complete."""
        found: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
            elif not line and self._data:
                found.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                self._data = []
        return found
