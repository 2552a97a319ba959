# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that is far away: a process of its own passes bytes on, each a little later."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import typing as t
from urllib.parse import urlsplit


@contextlib.contextmanager
def far(url: str, milliseconds: int) -> t.Iterator[str]:
    """Give an address of this machine behind which a server is that far away, in each direction."""
    place = urlsplit(url)
    process = subprocess.Popen(
        [sys.executable, __file__, str(place.hostname), str(place.port), str(milliseconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield f"{place.scheme}://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


async def _pass_on(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float
) -> None:
    loop = asyncio.get_running_loop()
    while data := await source.read(65536):
        # In order: what was called later for the same time comes later.
        loop.call_later(seconds, target.write, data)
    loop.call_later(seconds, target.close)


async def _serve(host: str, port: int, seconds: float) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        await asyncio.gather(_pass_on(reader, back, seconds), _pass_on(there, writer, seconds))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000))
