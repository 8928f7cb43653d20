"""Every way the Hub can fail, as one sentence that says what to do next."""

from __future__ import annotations

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
    """The Hub, or the way to it, did not do what was asked."""


class HubUnavailableError(HubError):
    """The Hub gave no usable answer; what is in the cache may still serve."""


class NotOnHubError(HubError):
    """There is no such repository, or nothing that the token may see."""


class GaveUpError(httpx2.TransportError):
    """Nothing came for too long. No TimeoutException: the client would start over, several times."""

    def __init__(self, seconds: float) -> None:
        super().__init__("gave up")
        self.seconds = seconds


class AskedToWaitError(GaveUpError):
    """The Hub asks for a longer pause than anybody waits; ``seconds`` is what it asks for."""


class StillFailingError(httpx2.TransportError):
    """The client has tried long enough; the cause is its last failure. It would start over otherwise."""


NOT_FOUND = "{name} is not on the Hub, or it is private: check the name, or set HF_TOKEN."
NOT_SEEN = "{name} is not on the Hub, or your token may not see it: check the name."
BUSY = "The Hub got too many requests to answer for {name}: try again in a while."

# The first kind that fits is said, so the special kinds come before those they derive from.
BY_KIND: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[HubError], str], ...] = (
    (GatedRepoError, HubError, "{name} is gated: ask for access on {page}, then set HF_TOKEN to your token."),
    (RevisionNotFoundError, HubError, "{name} does not exist: there is no such tag, branch or commit."),
    (
        (OfflineModeIsEnabled, LocalEntryNotFoundError),
        HubUnavailableError,
        "{name} is not in the cache and the Hub is switched off or away: unset HF_HUB_OFFLINE, or try again.",
    ),
    (EntryNotFoundError, HubError, "A file of {name} has vanished from the Hub: try again."),
    (HFValidationError, HubError, "{name} is not a name that the Hub takes: it wants USER/NAME."),
    (AskedToWaitError, HubUnavailableError, "The Hub is busy: try {name} again in {seconds:g} s."),
    (
        GaveUpError,
        HubUnavailableError,
        "The Hub at {endpoint} sent nothing for {seconds:g} s: try {name} again.",
    ),
    (
        (httpx2.ConnectError, httpx2.ProxyError),
        HubUnavailableError,
        "The Hub at {endpoint} cannot be reached for {name}: check the network, then try again.",
    ),
    (
        httpx2.RemoteProtocolError,
        HubUnavailableError,
        "The Hub hung up before all of {name} was transferred: do the same again.",
    ),
    (
        (httpx2.HTTPError, ConnectionError, RuntimeError),
        HubUnavailableError,
        "The connection broke while {name} was transferred: do the same again.",
    ),
    (OSError, HubError, "{name} could not be kept in the cache ({reason}): make room there, or set HF_HOME."),
    (
        Exception,
        HubError,
        "The Hub at {endpoint} gave an answer about {name} that makes no sense: try again.",
    ),
)
BY_STATUS: dict[int, tuple[type[HubError], str]] = {
    401: (HubError, "The Hub does not accept the token for {name}: make a new one at {tokens}."),
    402: (
        HubError,
        "The Hub wants to be paid for {name}: see {endpoint}/pricing, or let another user own it.",
    ),
    403: (HubError, "The token may not {right} {name}: make one that may at {tokens}, and set HF_TOKEN."),
    409: (HubError, "Somebody else changed {name} at the same time: look at it, then try again."),
    412: (HubError, "Somebody else changed {name} at the same time: look at it, then try again."),
    429: (HubUnavailableError, BUSY),
}
SERVER_ERROR = "The Hub has a problem of its own (HTTP {status}) with {name}: try again later."
REFUSED = "The Hub refused what was asked about {name} (HTTP {status})."


@contextmanager
def translate_errors(repository: Repository, api: HfApi, *, writing: bool = False) -> Iterator[None]:
    """Turn every failure of the client in this block into a HubError about a repository.

    Nothing of the client's own messages is repeated: they hold addresses, and addresses may hold secrets.

    Args:
        repository: at the revision that the user named.
        api: the client whose calls stand in the block.
        writing: whether a token that may not write explains a refusal.

    Raises:
        HubError: the client failed; HubUnavailableError where the cache may still serve.
    """
    try:
        yield
    except UserError:
        raise
    # Uploads wrap everything in RuntimeError, and Xet knows no other; malformed answers are ValueError.
    except (httpx2.HTTPError, EntryNotFoundError, OSError, RuntimeError, ValueError) as error:
        cause = _first_cause(error)
        kind, text = _sentence(cause, with_token=bool(api.token))
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
    wrappers = (RuntimeError, LocalEntryNotFoundError, StillFailingError)
    while isinstance(error, wrappers) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _sentence(error: BaseException, *, with_token: bool) -> tuple[type[HubError], str]:
    special = (GatedRepoError, RevisionNotFoundError, EntryNotFoundError)
    if isinstance(error, HfHubHTTPError) and not isinstance(error, special):
        status = error.response.status_code
        if status == 404 or isinstance(error, RepositoryNotFoundError):  # noqa: PLR2004
            return NotOnHubError, NOT_SEEN if with_token else NOT_FOUND
        if status >= 500:  # noqa: PLR2004
            return HubUnavailableError, SERVER_ERROR
        return BY_STATUS.get(status, (HubError, REFUSED))
    return next((kind, text) for types, kind, text in BY_KIND if isinstance(error, types))
