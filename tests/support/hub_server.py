"""A Hugging Face Hub on loopback, for tests and for trying the whole path without an account.

It speaks what huggingface_hub 2.4 needs to push and pull in LFS mode (set HF_HUB_DISABLE_XET=1). LFS objects
lie on another origin (``localhost`` beside ``127.0.0.1``), where no token may ever arrive. There is no git
behind it, and nothing but LFS objects reaches the disk.

    with HubServer() as hub:
        huggingface_hub.HfApi(endpoint=hub.endpoint, token=hub.tokens["write"])
        hub.faults.append(Fault(r"GET /api/models/", status=500))

By hand: ``python tests/support/hub_server.py --port 8700 --folder /tmp/hub``.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from hub_objects import RefusedError
from hub_repos import USER, HubRepos
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response


@dataclass
class Entry:
    """One request, as the server saw it. ``status`` is None while it is not answered."""

    method: str
    path: str
    origin: str
    authorised: bool
    status: int | None = None


@dataclass
class Fault:
    """What goes wrong where "METHOD /path" matches: after ``skip`` requests, ``times`` times or always."""

    where: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    reset_after: int | None = None
    stall_after: int | None = None
    corrupt: bool = False
    before: Callable[[], object] | None = None
    times: int | None = None
    skip: int = 0

    @property
    def limit(self) -> int | None:
        """How many bytes of the body are sent, or None for all."""
        limits = (self.cut_after, self.reset_after, self.stall_after)
        return next((limit for limit in limits if limit is not None), None)


class HubServer(HubRepos):
    """The server in a thread, with a log of every request and a list of faults."""

    def __init__(self, port: int = 0, folder: Path | None = None):
        self.log: list[Entry] = []
        self.faults: list[Fault] = []
        self.leaks: list[Entry] = []
        self.mistakes: list[Exception] = []
        self._temporary = None if folder else tempfile.TemporaryDirectory()
        self._socket = socket.create_server(("127.0.0.1", port))
        # Otherwise every answer waits 40 ms for a delayed ACK between its head and its body.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transports: dict[Any, asyncio.Transport] = {}
        port = self._socket.getsockname()[1]
        super().__init__(
            objects=Path(folder or self._temporary.name),
            endpoint=f"http://127.0.0.1:{port}",
            storage=f"http://localhost:{port}/storage",
        )

    def __enter__(self) -> Self:
        transports = self._transports

        class Protocol(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                transports[tuple(transport.get_extra_info("peername"))] = transport

        config = uvicorn.Config(
            self._app, http=Protocol, interface="asgi3", ws="none", lifespan="off", log_level="critical"
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        serve = self._server.serve(sockets=[self._socket])
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serve,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        assert not self.mistakes, f"this server itself is wrong: {self.mistakes}"
        assert not self.leaks, f"a token reached the storage origin: {self.leaks}"

    def stop(self) -> None:
        """Go away, as a Hub that is down: connections are refused from now on."""
        if self._loop.is_closed():
            return
        self._server.should_exit = self._server.force_exit = True
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.run_until_complete(self._finish())
        self._loop.close()
        self._socket.close()
        if self._temporary:
            self._temporary.cleanup()

    @staticmethod
    async def _finish() -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*rest, return_exceptions=True)

    def requests(self, pattern: str) -> list[Entry]:
        """Return what was asked for so far, by a pattern on "METHOD /path"."""
        return [entry for entry in self.log if re.search(pattern, f"{entry.method} {entry.path}")]

    async def _app(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = await request.body()
        entry = self._logged(request)
        fault = self._fault(f"{entry.method} {entry.path}")
        if fault.before:
            fault.before()
        response = self._response(request, body, entry.path, fault)
        entry.status = response.status_code
        content = response.body
        if fault.corrupt:
            content = bytes([content[0] ^ 1]) + content[1:]
        if fault.stall_after != 0:
            head = {"status": response.status_code, "headers": response.raw_headers}
            await send({"type": "http.response.start", **head})
            part = {"body": content[: fault.limit], "more_body": fault.limit is not None}
            await send({"type": "http.response.body", **part})
        if fault.stall_after is not None:
            await self._stop.wait()
        if fault.reset_after is not None:
            transport = self._transports[tuple(scope["client"])]
            at_once = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            transport.abort()

    def _logged(self, request: Request) -> Entry:
        origin = request.headers["host"]
        path = request.scope["raw_path"].decode()
        entry = Entry(request.method, path, origin, authorised="authorization" in request.headers)
        self.log.append(entry)
        in_url = any(token in str(request.url) for token in self.tokens.values())
        if origin.startswith("localhost") and (entry.authorised or in_url):
            self.leaks.append(entry)
        return entry

    def _fault(self, request: str) -> Fault:
        for fault in self.faults:
            if fault.times == 0 or not re.search(fault.where, request):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times = None if fault.times is None else fault.times - 1
            return fault
        return Fault("")

    def _response(self, request: Request, body: bytes, path: str, fault: Fault) -> Response:
        try:
            if fault.status:
                response = RefusedError(fault.status, None, "switched on by the test").response
            else:
                response = self.answer(request, body, path)
        except RefusedError as refused:
            response = refused.response
        except Exception as error:
            self.mistakes.append(error)
            raise
        response.headers.update(fault.headers)
        return response


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a Hub on loopback until Ctrl-C.")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument(
        "--folder", type=Path, help="where LFS objects are kept (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    with HubServer(arguments.port, arguments.folder) as hub:
        print(f"export HF_ENDPOINT={hub.endpoint} HF_TOKEN={hub.tokens['write']} HF_HUB_DISABLE_XET=1")  # noqa: T201
        print(f"Push to {USER}/NAME. Ctrl-C ends it.", flush=True)  # noqa: T201
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
