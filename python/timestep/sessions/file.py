"""Sessions in files: one JSON Lines file for an agent and a conversation (TS-SESS-019 ff.)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from timestep.codec import strict_json
from timestep.errors import CodecError, SessionError
from timestep.sessions.chat_lines import chat_form, header, is_header
from timestep.sessions.protocol import Session, checked_id, checked_items, checked_limit, from_text, to_text
from timestep.storage.append_log import AppendLog, Sync
from timestep.storage.folders import claim_file, find_file
from timestep.storage.lock import patiently
from timestep.storage.names import file_name, parts_of
from timestep.types.base import Item

_ENDING = ".jsonl"


class FileSession(Session):
    """Items in the file `{agent_name}_{conversation_id}.jsonl`; several processes may share it.

    Args:
        agent_name: name of the agent; agents don't see each other's conversations.
        conversation_id: id of the conversation.
        agent_instructions: the agent's instructions, for the caller's use: they are not stored, so that an agent
            whose instructions have changed goes on under the new ones (TS-SESS-022).
        storage_dir: folder of the files; made when the first item is added.
        sync: what `add_items` waits for: "os", the items survive the death of the process; "disk", of the machine.
    """

    def __init__(
        self,
        agent_name: str,
        conversation_id: str,
        agent_instructions: str | None = None,
        storage_dir: str | Path = "conversations",
        *,
        sync: Sync = "os",
    ) -> None:
        self._parts = (checked_id(agent_name, "agent_name"), checked_id(conversation_id, "conversation_id"))
        super().__init__(file_name(*self._parts))
        self.agent_name = agent_name
        self.conversation_id = conversation_id
        self.agent_instructions = agent_instructions
        self.storage_dir = Path(storage_dir).absolute()
        self._sync: Sync = sync
        self._log: AppendLog | None = None

    @property
    def path(self) -> Path:
        """The session's file, which may not be there yet."""
        found = self._found()
        return found.path if found else self.storage_dir / f"{self.session_id}{_ENDING}"

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first; a torn last line is not one of them."""
        limit = checked_limit(limit)
        log = self._found()
        lines = await patiently(lambda wait: log.read(limit, wait=wait)) if log else []
        return [self._item(line) for line in lines]

    async def add_items(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end in one write; when this returns, they are kept (TS-SESS-014)."""
        lines = to_text([chat_form(item) for item in checked_items(items)])
        if lines:
            await patiently(lambda wait: self._claimed(wait).append(lines, wait=wait))

    async def pop_item(self) -> Item | None:
        """Remove the last line and give its item."""
        log = self._found()
        line = await patiently(lambda wait: log.pop(wait=wait)) if log else None
        return None if line is None else self._item(line)

    async def clear_session(self) -> None:
        """Remove all lines; the file stays."""
        log = self._found()
        if log:
            await patiently(lambda wait: log.clear(wait=wait))

    def _found(self) -> AppendLog | None:
        """Return the file if it is there."""
        if self._log is None:
            path = find_file(self.storage_dir, self._parts, _ENDING)
            self._log = self._opened(path) if path else None
        return self._log

    def _claimed(self, wait: float) -> AppendLog:
        """Return the file, and make it if it is not there."""
        if self._log is None:
            self._log = self._opened(claim_file(self.storage_dir, self._parts, _ENDING, wait=wait))
        return self._log

    def _opened(self, path: Path) -> AppendLog:
        told = parts_of(path.name.removesuffix(_ENDING), 2) is not None
        head = None if told else strict_json.dumps({**header(self.conversation_id), "agent_name": self.agent_name})
        return AppendLog(path, sync=self._sync, head=head, is_head=is_header)

    def _item(self, line: bytes) -> Item:
        try:
            return from_text(line)
        except (CodecError, SessionError) as error:
            raise SessionError(
                f"a line of {self.path} is no item: {error.message}",
                code="session-damaged",
                file=str(self.path),
                line=self._line_number(line),
                why="the lines around it are read only if this one is put right; nothing is skipped in silence",
                help="correct or remove the line",
                requirement="TS-SESS-016",
            ) from error

    def _line_number(self, line: bytes) -> int | None:
        """Return where a line stands in the file."""
        lines = self.path.read_bytes().split(b"\n")
        return lines.index(line) + 1 if line in lines else None
