"""Every way a pull can fail: how the test Hub brings it about, and what the user is to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import huggingface_hub.constants
from hub_server import Fault

from core.hub import client as hub_client
from core.hub.pull import pull
from core.hub.push import push

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from hub_server import HubServer

REPO = "ann/tiny"
# The tag that is asked for, and that was never pulled before.
NEW = f"{REPO}@v2"


@dataclass(frozen=True)
class Failure:
    """What goes wrong, and a part of the sentence that no other failure has."""

    says: str
    fault: Fault | None = None
    arrange: Callable[[HubServer, pytest.MonkeyPatch], None] = lambda _hub, _monkeypatch: None
    name: str = NEW
    # Whether the same pull succeeds once the cause is gone.
    mends: bool = field(default=True)


def _forget_token(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.model(REPO).private = True
    monkeypatch.delenv("HF_TOKEN")


def _gate(hub: HubServer, _: pytest.MonkeyPatch) -> None:
    hub.model(REPO).gated = True


def _lose_patience(_: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_client, "TIMEOUT", 0.3)


def _fill_disk(_: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever is written into the cache go to a device that is always full."""
    opened = Path.open

    def open_full(path: Path, mode: str = "r", *arguments: object, **options: object) -> object:
        full = "b" in mode and mode != "rb" and huggingface_hub.constants.HF_HUB_CACHE in str(path)
        return opened(Path("/dev/full") if full else path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_full)


FAILURES = {
    "wrong name": Failure("or your token may not read it", name="ann/nothing", mends=False),
    "missing revision": Failure("no such tag, branch or commit", name=f"{REPO}@v9", mends=False),
    "private without token": Failure("or is private", arrange=_forget_token, mends=False),
    "gated": Failure("is gated: request access on", arrange=_gate, mends=False),
    "401": Failure("rejects the token", Fault("GET /api/", status=401)),
    "403": Failure("The token may not read", Fault("GET /storage/", status=403)),
    "404": Failure("no longer on", Fault("HEAD ", status=404, headers={"X-Error-Code": "EntryNotFound"})),
    "429, Retry-After": Failure("in 3600 s", Fault("GET /api/", status=429, headers={"Retry-After": "3600"})),
    "429": Failure("rate-limiting requests", Fault("GET /api/", status=429)),
    "500": Failure("(HTTP 500)", Fault("GET /api/", status=500)),
    "slow": Failure("did not respond for", Fault("GET /storage/", stall_after=10), _lose_patience),
    "cut": Failure("closed the connection", Fault("GET /storage/", cut_after=100)),
    "reset": Failure("The connection was lost", Fault("GET /storage/", reset_after=100)),
    "corrupted byte": Failure("arrived damaged", Fault("GET /storage/", corrupt=True)),
    "disk full": Failure("No space left on device", arrange=_fill_disk, mends=False),
    "no network": Failure("cannot be reached", arrange=lambda hub, _: hub.stop(), mends=False),
}


def two_versions(hub: HubServer, first: Path, second: Path) -> str:
    """Publish v1, pull it, and publish v2; return the commit of v1."""
    commit = push(first, REPO, tag="v1").commit
    pull(f"{REPO}@v1")
    push(second, REPO, tag="v2")
    hub.log.clear()
    return commit
