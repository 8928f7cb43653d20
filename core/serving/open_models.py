"""The models that an app has opened, one of each name, and newer versions of them on their way."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle.manifest import MANIFEST
from core.errors import UserError
from core.hub.pull import pull
from core.serving import event_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.bundle.folder import Bundle

# A model that could not be had is asked for again after so many seconds, not at every click.
PATIENCE = 60


@dataclass(frozen=True)
class OpenModel:
    """An opened bundle.

    Attributes:
        bundle: checked.
        commit: of the Hub; None for a local folder.
        note: why the Hub could not say whether this is the newest; None where it could.
        key: names this very content, since the manifest holds the hash of every file.
        stamp: when a local folder's manifest was written: one that was trained anew is another model.
    """

    bundle: Bundle
    commit: str | None
    note: str | None
    key: str
    stamp: int


@dataclass(frozen=True)
class ModelUnavailable:
    """Why a model cannot be had, in a sentence, and when that was found, in seconds."""

    sentence: str
    at: float = field(default_factory=time.monotonic)


class ModelCache:
    """Opened models by name, for all visitors at once. A tag or branch is resolved once, and when asked."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[str, OpenModel | ModelUnavailable] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._checks: dict[str, Future[str]] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="newer version")

    def open(self, name: str) -> OpenModel | ModelUnavailable:
        """Return the model of this name, as ``core.hub.pull.pull`` finds it the first time.

        A local folder is read again when its manifest has been written again, a model that could not be had
        is asked for again after ``PATIENCE`` seconds.
        """
        stamp = _stamp(name)
        found = self._serving(name, stamp)
        if found is None:
            with self._locks[name]:  # one visitor fetches, the others wait for the same
                found = self._serving(name, stamp)
                if found is None:
                    found = self._found[name] = _open(name)
        return found

    def forget(self, name: str) -> None:
        """Let the next ``open`` of this model begin anew."""
        self._found.pop(name, None)

    def check(self, name: str, prepare: Callable[[OpenModel], object]) -> None:
        """Begin to fetch the newest version of a model; the one on the shelf serves until it is here.

        Args:
            name: of the Hub, with a tag, a branch or nothing.
            prepare: makes the newer version ready to serve.
        """
        if not self.checking(name):
            self._checks[name] = self._worker.submit(self._replace, name, prepare)

    def checking(self, name: str) -> bool:
        """Tell whether a newer version is being looked for."""
        return name in self._checks and not self._checks[name].done()

    def outcome(self, name: str) -> str | None:
        """Wait for the last check of this model; return what it found, in a sentence, or None without one."""
        return self._checks[name].result() if name in self._checks else None

    def _serving(self, name: str, stamp: int) -> OpenModel | ModelUnavailable | None:
        found = self._found.get(name)  # once: another visitor may let it be forgotten meanwhile
        if isinstance(found, ModelUnavailable):
            return found if time.monotonic() - found.at < PATIENCE else None
        return found if found is not None and found.stamp == stamp else None

    def _replace(self, name: str, prepare: Callable[[OpenModel], object]) -> str:
        before = self._found.get(name)
        commit = before.commit if isinstance(before, OpenModel) else None
        still = f"The model stays at commit {commit[:7]}. " if commit else ""
        try:
            newest = _opened(name, newest=True)
            if commit and newest.commit == commit:
                self._found[name] = newest  # without the note that the Hub was away
                return f"Commit {commit[:7]} is the newest version."
            prepare(newest)
        except UserError as error:
            return f"{still}{error}"
        self._found[name] = newest
        here = f"Commit {str(newest.commit)[:7]}"
        return f"{here} has taken the place of {commit[:7]}." if commit else f"{here} is here now."


def _open(name: str) -> OpenModel | ModelUnavailable:
    try:
        return _opened(name)
    except UserError as error:
        event_log.model_refused(name, str(error))
        return ModelUnavailable(str(error))


def _opened(name: str, *, newest: bool = False) -> OpenModel:
    stamp = _stamp(name)
    pulled = pull(name, newest=newest)
    # The file itself: written out anew, a manifest of before would hold the fields that came since.
    key = hashlib.sha256((pulled.bundle.folder / MANIFEST).read_bytes()).hexdigest()
    event_log.model_opened(name, key, pulled.commit)
    return OpenModel(pulled.bundle, pulled.commit, pulled.note, key, stamp)


def _stamp(name: str) -> int:
    manifest = Path(name).expanduser() / MANIFEST
    return manifest.stat().st_mtime_ns if manifest.is_file() else 0
