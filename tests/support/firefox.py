"""Firefox without a screen, driven by WebDriver BiDi, which it speaks by itself (W3C)."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

from browser import PATIENCE
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Firefox:
    """A tab of Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self._send("session.new", capabilities={})
        self._context = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str) -> None:
        """Open a page."""
        self._send("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, function: str, argument: object = None) -> Any:
        """Return what a JavaScript function of a JSON value returns, also as a promise."""
        found = self._send(
            "script.callFunction",
            functionDeclaration="async (text) => JSON.stringify("
            f"await ({function})(JSON.parse(text)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise AssertionError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + PATIENCE / 1000
        while not self.evaluate(f"() => Boolean({condition})"):
            if time.monotonic() > end:
                raise AssertionError(condition)
            time.sleep(0.1)

    def choose(self, element: str, paths: list[Path]) -> None:
        """Choose files in the input with an id."""
        found = self._send(
            "browsingContext.locateNodes",
            context=self._context,
            locator={"type": "css", "value": f"#{element}"},
        )
        node = {"sharedId": found["nodes"][0]["sharedId"]}
        self._send("input.setFiles", context=self._context, element=node, files=[str(path) for path in paths])

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE / 1000))
            if answer.get("id") == self._number:
                break
        if answer["type"] == "error":
            raise AssertionError(f"{method}: {answer['message']}")
        return dict(answer["result"])


@contextlib.contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a profile in a new folder, and stop it."""
    profile = folder / "profile"
    profile.mkdir()
    process = subprocess.Popen(
        [
            str(FIREFOX),
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            "0",
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={"HOME": str(folder), "MOZ_HEADLESS": "1", "PATH": "/usr/bin:/bin"},
    )
    try:
        said = next(found for line in process.stderr or () if (found := _LISTENS.search(line)))
        with connect(f"{said[1]}/session", max_size=None, proxy=None) as socket:
            yield Firefox(socket)
    finally:
        process.terminate()
        process.wait()
        if process.stderr:
            process.stderr.close()
