"""Stands between a client and PostgreSQL, and loses a request or the answer to it when told to."""

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

SOCKET = ".s.PGSQL.5432"


class LossyProxy:
    """A socket of PostgreSQL that passes everything on, until it is to lose something."""

    def __init__(self, server):
        self.server, self.losses, self.awaited, self.passing = server / SOCKET, 0, None, set()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))

    async def __aenter__(self):
        self.listening = await asyncio.start_unix_server(self._accepted, self.folder / SOCKET)
        return self

    async def __aexit__(self, *_error):
        self.listening.close()
        for each in self.passing:
            each.cancel()
        await asyncio.gather(*self.passing, return_exceptions=True)
        shutil.rmtree(self.folder)

    def through(self, url):
        """Return an address that leads here."""
        return f"{url.partition('?')[0]}?host={self.folder}"

    def lose(self, what, *, after, meanwhile=None):
        """Cut the connection at the next request with these bytes: before it is passed on, or at its answer."""
        self.awaited = (what, after, meanwhile)

    async def _accepted(self, client_reader, client):
        self.passing.add(asyncio.current_task())
        server_reader, server = await asyncio.open_unix_connection(self.server)
        answers = asyncio.create_task(passed_on(server_reader, client))
        try:
            with suppress(asyncio.CancelledError):  # by `__aexit__`
                await self._requests(client_reader, server, server_reader, answers)
        finally:
            answers.cancel()
            await asyncio.wait([answers])
            for each in (client, server):
                each.close()
            self.passing.discard(asyncio.current_task())

    async def _requests(self, reader, server, server_reader, answers):
        """Pass requests on, up to one that is to be lost."""
        while data := await reader.read(1 << 20):
            if not (self.awaited and self.awaited[1] in data):
                server.write(data)
                continue
            (what, _, meanwhile), self.awaited = self.awaited, None
            self.losses += 1
            answers.cancel()
            await asyncio.wait([answers])
            if what == "answer":  # what is lost is what the server has said
                server.write(data)
                await server_reader.read(1)
            if meanwhile:
                await meanwhile()
            return


async def passed_on(reader, writer):
    """Pass on what comes, until nothing does."""
    with suppress(OSError):
        while data := await reader.read(1 << 20):
            writer.write(data)
    writer.close()
