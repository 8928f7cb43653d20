"""The client of the Hugging Face Hub: bounded waiting, sizes and hashes of remote files."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import sys
import threading
import time
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, constants, get_session, get_token, set_client_factory
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]
from huggingface_hub.utils.tqdm import disable_progress_bars

from core.errors import UserError
from core.hub.errors import NoResponseError, RateLimitedError, RetriesExhaustedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT = 25.0
"""Seconds without a byte, or of a pause that the Hub asks for, after which a request fails."""

# The client's own limit: 1, 2, 4, 8 and 8 seconds between tries. It would start over for every file.
_TRIES = 6
_HUB = "https://huggingface.co"
_THIS_MACHINE = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:|/|$)", re.ASCII | re.IGNORECASE)
_configuration = threading.Lock()


class _Client(httpx2.Client):
    """HTTP client with a timeout between bytes, limited retries, and short pauses that the Hub asks for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._failures = threading.local()  # in a row, in each thread

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)
        waited = 0
        while True:
            try:
                response = super().send(request, **options)
            except httpx2.TimeoutException:
                raise NoResponseError(TIMEOUT) from None
            except httpx2.TransportError as error:
                self._count_failure(error)
                raise
            pause = _requested_pause(response)
            if pause is None:
                self._count(response)
                if options.get("stream"):
                    response.stream = _TimedStream(response.stream)
                return response
            response.close()
            waited += pause
            # The body of an upload has been read and cannot be sent a second time.
            if waited > TIMEOUT or not isinstance(request.stream, httpx2.ByteStream):
                raise RateLimitedError(pause)
            time.sleep(pause)

    def _count(self, response: httpx2.Response) -> None:
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
            try:
                self._count_failure(HfHubHTTPError("", response=response))
            except RetriesExhaustedError:
                response.close()
                raise
        else:
            self._failures.count = 0

    def _count_failure(self, error: Exception) -> None:
        self._failures.count = getattr(self._failures, "count", 0) + 1
        if self._failures.count >= _TRIES:
            raise RetriesExhaustedError("retries exhausted") from error


class _TimedStream(httpx2.SyncByteStream):
    """A response body whose timeout is a NoResponseError, as that of the request is."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except httpx2.TimeoutException:
            raise NoResponseError(TIMEOUT) from None

    def close(self) -> None:
        self._stream.close()


def _requested_pause(response: httpx2.Response) -> int | None:
    """Return the pause that the Hub asks for, seconds, or None."""
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


@cache
def _configure_library() -> None:
    """Set the HTTP client of huggingface_hub and silence its log, its telemetry and bars without a terminal.

    The library has one of each per process. Its warnings repeat what ``core.hub.errors`` says. Its telemetry
    makes a request a day, where a pinned model in the cache must cost none.
    """
    hooks = get_session().event_hooks
    set_client_factory(lambda: _Client(event_hooks=hooks, follow_redirects=True))
    hub_logging.set_verbosity_error()
    constants.HF_HUB_DISABLE_TELEMETRY = True
    if not sys.stderr.isatty():
        disable_progress_bars()


def hub_api(token: str | None, endpoint: str | None) -> HfApi:
    """Return a client of the Hub.

    Args:
        token: access token; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT as it is now, or huggingface.co.

    Raises:
        UserError: the address is none.
    """
    with _configuration:
        _configure_library()
    # The library reads the variable once, and adds no scheme.
    address = hub_address(endpoint or os.environ.get("HF_ENDPOINT", ""))
    return HfApi(endpoint=address, token=token or _stored_token())


def hub_address(text: str) -> str:
    """Return the address of a Hub with its scheme and without a slash at its end.

    Args:
        text: address as users write it, such as ``hf-mirror.com/`` or ``localhost:8700``; empty for
            huggingface.co. Without a scheme it is https, on this machine http.

    Raises:
        UserError: it is no address of a web server.
    """
    address = text.strip() or _HUB
    if "://" not in address:
        address = f"http{'' if _THIS_MACHINE.match(address) else 's'}://{address}"
    address = address.rstrip("/")
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        usable = False
    if not usable or parts.query or parts.fragment or re.search(r"\s", address):
        raise UserError(f"HF_ENDPOINT is {text!r}; set it to the address of a Hub, such as {_HUB}.")
    return address


def _stored_token() -> str | None:
    try:
        return get_token()
    except OSError:  # a token file that this user may not read
        return None


def remote_files(api: HfApi, repo: str, commit: str, kind: str = "model") -> dict[str, RepoFile]:
    """Return size and hash of every file of a commit, by path.

    Args:
        api: client of the Hub.
        repo: ``user/repo``.
        commit: 40 hex digits.
        kind: ``model``, ``dataset`` or ``space``.
    """
    tree = api.list_repo_tree(repo, revision=commit, recursive=True, repo_type=kind)
    return {file.path: file for file in tree if isinstance(file, RepoFile)}


def has_same_hash(content: bytes | Path, remote: RepoFile) -> bool:
    """Return whether local content has the hash of a remote file: SHA-256 for LFS, git's SHA-1 otherwise."""
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
