"""Where a model comes from: its name, and pulling one pinned commit from the Hub into the local cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle.folder import Bundle, BundleError, open_bundle
from core.bundle.manifest import CARD, MANIFEST, MAY_BE_ABSENT, REQUIRED, WEIGHTS
from core.hub.errors import HubError, HubUnavailableError, NotOnHubError
from core.hub.repository import ModelName
from core.hub.snapshot import arrived_damaged, discard_damaged, fetch, remember

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 4 * 2**30
"""Of all files of a model together: eight times what the paper's network takes."""


@dataclass(frozen=True)
class Pulled:
    """A checked bundle.

    Attributes:
        bundle: checked.
        commit: 40 hex digits; None for a local folder.
        name: as it was given.
        note: why the Hub could not say whether this is the newest; None where it could.
    """

    bundle: Bundle
    commit: str | None
    name: ModelName
    note: str | None = None

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.bundle.folder


def pull(
    name: str,
    *,
    with_weights: bool = False,
    newest: bool = False,
    token: str | None = None,
    endpoint: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Pulled:
    """Return a local folder as it is, or fetch one commit of the Hub into the cache; both are checked.

    A tag or branch is resolved to its commit once. A commit that is in the cache costs no request; a tag or
    branch falls back to the commit it last was pulled at when the Hub is away.

    Args:
        name: see ``ModelName.parse``.
        with_weights: fetch ``model.weights.h5`` too, which only further training needs.
        newest: do not fall back: what a tag or branch stands for now, or an error.
        token: default: HF_TOKEN, or what the user has stored.
        endpoint: default: HF_ENDPOINT, or the Hub's own address.
        progress: see ``core.hub.snapshot.fetch``.

    Raises:
        UserError: no such name, folder or revision, no access, no network, or not a valid bundle.
    """
    model = ModelName.parse(name)
    if model.repository is None:
        return Pulled(open_bundle(Path(str(model.folder))), None, model)
    repository = model.repository
    wanted = {MANIFEST, CARD, *REQUIRED, *MAY_BE_ABSENT} - (set() if with_weights else {WEIGHTS})
    try:
        snapshot = fetch(
            repository,
            wanted,
            token=token,
            endpoint=endpoint,
            newest=newest,
            most_bytes=MAX_BYTES,
            progress=progress,
        )
    except (NotOnHubError, HubUnavailableError) as error:
        # A mistyped folder looks like a repository.
        raise (
            error if repository.revision else type(error)(f"There is no folder {name} here, and: {error}")
        ) from None
    try:
        bundle = open_bundle(snapshot.folder)
    except BundleError as error:
        damaged = discard_damaged(repository, snapshot, token=token, endpoint=endpoint)
        if damaged:
            raise arrived_damaged(repository, damaged) from None
        raise HubError(
            f"{repository.name} at {snapshot.commit[:7]} is on the Hub, but cannot be used: {error}"
        ) from None
    remember(repository, snapshot.commit)
    return Pulled(bundle, snapshot.commit, model, snapshot.note)
