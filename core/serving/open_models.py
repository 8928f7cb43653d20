"""Cache of open models, and updates to their newest version in the background."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.bundle.manifest import MANIFEST
from core.errors import UserError
from core.files import expand_user
from core.hub.pull import cached_manifest, pull
from core.serving import event_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.bundle.folder import Bundle
    from core.data.provenance import DataSource

RETRY_SECONDS = 60
"""Seconds until a model that was unavailable is tried again."""


@dataclass(frozen=True)
class OpenModel:
    """An opened bundle.

    Attributes:
        bundle: verified bundle.
        commit: commit on the Hub; None for a local folder.
        note: reason why the model could not be checked for a newer commit; None where it was.
        key: SHA-256 of the manifest, which has the hash of every file.
        modified: modification time of a local folder's manifest, nanoseconds; 0 for a model of the Hub.
    """

    bundle: Bundle
    commit: str | None
    note: str | None
    key: str
    modified: int


@dataclass(frozen=True)
class ModelUnavailable:
    """A failure to open a model.

    Attributes:
        sentence: reason, as a sentence for visitors.
        at: monotonic time of the failure, seconds.
    """

    sentence: str
    at: float = field(default_factory=time.monotonic)


def reason(error: Exception) -> str:
    """Return why a model cannot be opened or loaded, as a sentence for visitors.

    A stranger's files can make the readers raise any error. Its message may hold the server's paths or the
    stranger's words, so that of an unexpected one is not repeated.
    """
    if isinstance(error, UserError):
        return str(error)
    return f"The model cannot be opened ({type(error).__name__}); pull or train it again."


class ModelCache:
    """Open models by name, shared by all visitors. A tag or branch is resolved once, and on request."""

    def __init__(self) -> None:
        """Create an empty cache."""
        self._models: dict[str, OpenModel | ModelUnavailable] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._checks: dict[str, Future[str]] = {}
        self._training_data: dict[str, DataSource] = {}  # of models in the Hub's cache that are not open
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="newer version")

    def open(self, name: str) -> OpenModel | ModelUnavailable:
        """Return the model of this name, pulled on first use.

        A local folder is read again when its manifest changes; an unavailable model is tried again after
        ``RETRY_SECONDS``.

        Args:
            name: name for ``core.hub.pull.pull``.
        """
        modified = _modified(name)
        found = self._cached(name, modified)
        if found is None:
            with self._locks[name]:  # one visitor pulls, the others wait for the result
                found = self._cached(name, modified)
                if found is None:
                    found = self._models[name] = _open(name)
        return found

    def known(self, name: str) -> OpenModel | None:
        """Return the model of this name where that needs no request: a local folder, or one that is open."""
        found = self.open(name) if _modified(name) else self._models.get(name)
        return found if isinstance(found, OpenModel) else None

    def training_data(self, name: str) -> DataSource | None:
        """Return what a model was trained on, where that needs no request: also of one in the Hub's cache."""
        found = self.known(name)
        if found is not None:
            return found.bundle.manifest.data
        if name not in self._training_data:
            manifest = cached_manifest(name)
            if manifest is None:
                return None
            self._training_data[name] = manifest.data
        return self._training_data[name]

    def is_refused(self, name: str) -> bool:
        """Return whether a model could not be opened when it was last tried; it is not tried now."""
        return isinstance(self._models.get(name), ModelUnavailable)

    def forget(self, name: str) -> None:
        """Remove a model, so that the next ``open`` pulls it again."""
        self._models.pop(name, None)

    def check(self, name: str, prepare: Callable[[OpenModel], object]) -> None:
        """Start pulling the newest version of a model; the current one serves until then.

        Args:
            name: repository of the Hub, with a tag, a branch or neither.
            prepare: function that prepares the newest version before it replaces the current one.
        """
        if not self.checking(name):
            self._checks[name] = self._worker.submit(self._replace, name, prepare)

    def checking(self, name: str) -> bool:
        """Return whether a check for a newer version is running."""
        return name in self._checks and not self._checks[name].done()

    def outcome(self, name: str) -> str | None:
        """Wait for the last check of this model and return its result as a sentence, or None."""
        return self._checks[name].result() if name in self._checks else None

    def _cached(self, name: str, modified: int) -> OpenModel | ModelUnavailable | None:
        found = self._models.get(name)  # read once: another thread may remove it
        if isinstance(found, ModelUnavailable):
            return found if time.monotonic() - found.at < RETRY_SECONDS else None
        return found if found is not None and found.modified == modified else None

    def _replace(self, name: str, prepare: Callable[[OpenModel], object]) -> str:
        before = self._models.get(name)
        commit = before.commit if isinstance(before, OpenModel) else None
        unchanged = f"The model stays at commit {commit[:7]}. " if commit else ""
        try:
            newest = _opened(name, newest=True)
            if commit and newest.commit == commit:
                self._models[name] = newest  # without a note
                return f"Commit {commit[:7]} is the newest version."
            prepare(newest)
        except Exception as error:  # noqa: BLE001 - see ``reason``
            return f"{unchanged}{reason(error)}"
        self._models[name] = newest
        if commit:
            return f"Updated from commit {commit[:7]} to {str(newest.commit)[:7]}."
        return f"Loaded commit {str(newest.commit)[:7]}."


def _open(name: str) -> OpenModel | ModelUnavailable:
    try:
        return _opened(name)
    except Exception as error:  # noqa: BLE001 - see ``reason``
        sentence = reason(error)
        event_log.model_refused(name, sentence)
        return ModelUnavailable(sentence)


def _opened(name: str, *, newest: bool = False) -> OpenModel:
    modified = _modified(name)
    pulled = pull(name, newest=newest)
    key = pulled.bundle.manifest_sha256()
    event_log.model_opened(name, key, pulled.commit)
    return OpenModel(pulled.bundle, pulled.commit, pulled.note, key, modified)


def _modified(name: str) -> int:
    try:
        manifest = expand_user(name) / MANIFEST
        return manifest.stat().st_mtime_ns if manifest.is_file() else 0
    except OSError:  # a name that is too long
        return 0
