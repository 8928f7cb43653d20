"""One Hub client for the whole process: bounded waiting, and what the server says about its files."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import sys
import threading
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2
from huggingface_hub import HfApi, constants, get_session, get_token, set_client_factory
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]
from huggingface_hub.utils.tqdm import disable_progress_bars

from core.hub.errors import AskedToWaitError, GaveUpError, StillFailingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 25.0
"""Seconds without progress after which the wait is given up and reported."""


# The client's own rounds, with 1, 2, 4, 8 and 8 seconds between them. It would do as many for every file.
_TRIES = 6
_failures = threading.local()


class _Client(httpx2.Client):
    """Waits at most PATIENCE seconds for the next byte, and as long for a Hub that asks for a pause."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), PATIENCE)
        waited = 0
        while True:
            try:
                response = super().send(request, **options)
            except httpx2.TimeoutException:
                raise GaveUpError(PATIENCE) from None
            except httpx2.TransportError as error:
                _count_failure(error)
                raise
            pause = _asked_pause(response)
            if pause is None:
                _count_answer(response)
                if options.get("stream"):
                    response.stream = _WatchedStream(response.stream)
                return response
            response.close()
            waited += pause
            # The body of an upload has been read and cannot be sent a second time.
            if waited > PATIENCE or not isinstance(request.stream, httpx2.ByteStream):
                raise AskedToWaitError(pause)
            time.sleep(pause)


class _WatchedStream(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except httpx2.TimeoutException:
            raise GaveUpError(PATIENCE) from None

    def close(self) -> None:
        self._stream.close()


def _count_answer(response: httpx2.Response) -> None:
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
        try:
            _count_failure(HfHubHTTPError("", response=response))
        except StillFailingError:
            response.close()
            raise
    else:
        _failures.count = 0


def _count_failure(error: Exception) -> None:
    """Give up where this thread has had nothing but failures for as many rounds as it may try."""
    _failures.count = getattr(_failures, "count", 0) + 1
    if _failures.count >= _TRIES:
        raise StillFailingError("gave up") from error


def _asked_pause(response: httpx2.Response) -> int | None:
    if response.status_code not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return None
    pause = response.headers.get("Retry-After", "")
    if pause.isdigit():
        return int(pause)
    if pause:  # a date, the other form of RFC 9110
        with contextlib.suppress(ValueError):
            until = parsedate_to_datetime(pause).timestamp() - time.time()
            return max(0, math.ceil(until))
    limit = parse_ratelimit_headers(response.headers)
    return limit.reset_in_seconds if limit is not None and limit.remaining == 0 else None


def _new_client() -> httpx2.Client:
    return _Client(event_hooks=_HOOKS, follow_redirects=True)


# The library keeps one HTTP client, logger and pair of switches in a process; they are set once, here. Its
# warnings repeat what core/hub/errors.py says, and bars are for terminals. With telemetry it asks the Hub for
# something of its own once a day, where a pinned model in the cache is to cost no request.
_HOOKS = get_session().event_hooks
set_client_factory(_new_client)
hub_logging.set_verbosity_error()
constants.HF_HUB_DISABLE_TELEMETRY = True
if not sys.stderr.isatty():
    disable_progress_bars()


def hub_api(token: str | None, endpoint: str | None) -> HfApi:
    """Return the client, by default with HF_ENDPOINT as it is now and the token the user has stored."""
    return HfApi(endpoint=endpoint or os.environ.get("HF_ENDPOINT") or None, token=token or _stored_token())


def _stored_token() -> str | None:
    try:
        return get_token()
    except OSError:  # a file of somebody else's is as good as none
        return None


def remote_files(api: HfApi, repo: str, commit: str, kind: str = "model") -> dict[str, RepoFile]:
    """Return what the server says about every file of a commit: size and hash, by path."""
    tree = api.list_repo_tree(repo, revision=commit, recursive=True, repo_type=kind)
    return {file.path: file for file in tree if isinstance(file, RepoFile)}


def is_same(content: bytes | Path, remote: RepoFile) -> bool:
    """Tell whether content has the hash that the server names: SHA-256 for LFS, git's SHA-1 otherwise."""
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size != remote.size:
        return False
    if remote.lfs is not None:
        digest, expected = hashlib.sha256(), remote.lfs.sha256
    else:
        digest, expected = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), remote.blob_id
    if isinstance(content, bytes):
        digest.update(content)
    else:
        with content.open("rb") as file:
            for chunk in iter(lambda: file.read(2**20), b""):
                digest.update(chunk)
    return digest.hexdigest() == expected
