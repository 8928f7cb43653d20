"""Failures of the Hugging Face Hub and its client as one-sentence errors.

HubError
├── HubUnavailableError: no usable response; the cache may still serve
├── PlanNeededError: the Hub wants a paid plan
└── NotOnHubError: no such repository, or none that the token may read

NoResponseError, RateLimitedError and RetriesExhaustedError are raised inside the HTTP client alone, and
translated like its own.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from huggingface_hub import HfApi

    from core.hub.repository import Repository


class HubError(UserError):
    """A request to the Hub failed."""


class HubUnavailableError(HubError):
    """The Hub gave no usable response; the cache may still serve."""


class PlanNeededError(HubError):
    """The Hub wants a paid plan for what was asked."""


class NotOnHubError(HubError):
    """There is no such repository, or none that the token may read."""


class NoResponseError(httpx2.TransportError):
    """The Hub sent nothing before the timeout. Not a TimeoutException, which the client would retry."""

    def __init__(self, seconds: float) -> None:
        super().__init__("timed out")
        self.seconds = seconds


class RateLimitedError(NoResponseError):
    """The Hub asks for a pause longer than the timeout; ``seconds`` is the pause."""


class RetriesExhaustedError(httpx2.TransportError):
    """All retries failed; the cause is the last failure."""


NOT_FOUND = "{name} does not exist on the Hub or is private: check the name, or set HF_TOKEN."
NOT_READABLE = "{name} does not exist on the Hub, or your token may not read it: check the name."
RATE_LIMITED = "The Hub is rate-limiting requests for {name}; try again later."
UNEXPECTED = "The Hub at {endpoint} returned an unexpected response for {name}; try again."
CHANGED_MEANWHILE = "{name} was changed by somebody else at the same time: check it, then try again."

# The first match is used, so special kinds come before the kinds they derive from.
BY_KIND: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[HubError], str], ...] = (
    (GatedRepoError, HubError, "{name} is gated: request access on {page}, then set HF_TOKEN to your token."),
    (RevisionNotFoundError, HubError, "{name} does not exist: no such tag, branch or commit."),
    (
        (OfflineModeIsEnabled, LocalEntryNotFoundError),
        HubUnavailableError,
        "{name} is not in the cache and the Hub is offline: unset HF_HUB_OFFLINE, or try again.",
    ),
    (EntryNotFoundError, HubError, "A file of {name} is no longer on the Hub; try again."),
    (HFValidationError, HubError, "{name} is not a valid repository name: give USER/NAME."),
    (RateLimitedError, HubUnavailableError, "The Hub is busy; try {name} again in {seconds:g} s."),
    (
        NoResponseError,
        HubUnavailableError,
        "The Hub at {endpoint} did not respond for {seconds:g} s; try {name} again.",
    ),
    (
        (httpx2.ConnectError, httpx2.ProxyError),
        HubUnavailableError,
        "The Hub at {endpoint} cannot be reached for {name}: check the network, then try again.",
    ),
    (
        httpx2.RemoteProtocolError,
        HubUnavailableError,
        "The Hub closed the connection before {name} was complete; try again.",
    ),
    (RecursionError, HubError, UNEXPECTED),
    (
        (httpx2.HTTPError, ConnectionError, RuntimeError),
        HubUnavailableError,
        "The connection was lost during the transfer of {name}; try again.",
    ),
    (OSError, HubError, "{name} cannot be written to the cache ({reason}): free disk space, or set HF_HOME."),
    (Exception, HubError, UNEXPECTED),
)
BY_STATUS: dict[int, tuple[type[HubError], str]] = {
    401: (HubError, "The Hub rejects the token for {name}: create a new one at {tokens}."),
    402: (
        PlanNeededError,
        "{name} requires a paid Hub plan: see {endpoint}/pricing, or use another account.",
    ),
    403: (HubError, "The token may not {right} {name}: create one that may at {tokens}, and set HF_TOKEN."),
    409: (HubError, CHANGED_MEANWHILE),
    412: (HubError, CHANGED_MEANWHILE),
    429: (HubUnavailableError, RATE_LIMITED),
}
# What the Hub may say where it answers 403 for want of a plan.
_ABOUT_PLANS = re.compile(r"\bpro\b|\bplans?\b|subscri|upgrade|billing|payment", re.IGNORECASE)
SERVER_ERROR = "The Hub failed with an internal error (HTTP {status}) for {name}; try again later."
REFUSED = "The Hub refused the request for {name} (HTTP {status})."


@contextmanager
def translate_errors(repository: Repository, api: HfApi, *, writing: bool = False) -> Iterator[None]:
    """Turn every failure of the client in this block into a HubError.

    The client's own messages are not repeated: they contain addresses, and addresses may contain secrets.

    Args:
        repository: repository at the revision that the user named.
        api: client that is used in the block.
        writing: whether a missing write permission of the token explains a refusal.

    Raises:
        HubError: the client failed; HubUnavailableError where the cache may still serve.
    """
    try:
        yield
    except UserError:
        raise
    # Uploads wrap everything in RuntimeError, Xet raises nothing else; malformed responses are the rest.
    except (
        httpx2.HTTPError,
        EntryNotFoundError,
        OSError,
        RuntimeError,
        ValueError,
        AttributeError,
        LookupError,
        TypeError,
    ) as error:
        cause = _first_cause(error)
        kind, text = _translation(cause, with_token=bool(api.token))
        raise kind(
            text.format(
                name=repository,
                endpoint=api.endpoint,
                page=f"{api.endpoint}/{repository.page}",
                tokens=f"{api.endpoint}/settings/tokens",
                right="write to" if writing else "read",
                seconds=getattr(cause, "seconds", 0),
                reason=getattr(cause, "strerror", None) or type(cause).__name__,
                status=cause.response.status_code if isinstance(cause, HfHubHTTPError) else 0,
            )
        ) from None


def _first_cause(error: BaseException) -> BaseException:
    wrappers = (RuntimeError, LocalEntryNotFoundError, RetriesExhaustedError)
    while isinstance(error, wrappers) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _translation(error: BaseException, *, with_token: bool) -> tuple[type[HubError], str]:
    special = (GatedRepoError, RevisionNotFoundError, EntryNotFoundError)
    if isinstance(error, HfHubHTTPError) and not isinstance(error, special):
        status = error.response.status_code
        if status == 404 or isinstance(error, RepositoryNotFoundError):  # noqa: PLR2004
            return NotOnHubError, NOT_READABLE if with_token else NOT_FOUND
        if status >= 500:  # noqa: PLR2004
            return HubUnavailableError, SERVER_ERROR
        if status == 403 and _ABOUT_PLANS.search(error.server_message or ""):  # noqa: PLR2004
            return BY_STATUS[402]
        return BY_STATUS.get(status, (HubError, REFUSED))
    return next((kind, text) for types, kind, text in BY_KIND if isinstance(error, types))
