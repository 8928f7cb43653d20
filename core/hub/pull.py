"""Pull a model: a local folder as it is, or one commit of the Hub in the local cache, verified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle.folder import Bundle, BundleError, open_bundle, read_manifest
from core.bundle.manifest import CARD, FILES, MANIFEST, WEIGHTS
from core.errors import UserError
from core.hub.errors import HubError, HubUnavailableError, NotOnHubError
from core.hub.repository import ModelName

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.bundle.manifest import Manifest

MAX_BYTES = 4 * 2**30
"""Largest total size of a model, bytes: eight times that of the paper's network."""


@dataclass(frozen=True)
class Pulled:
    """A model that was pulled.

    Attributes:
        bundle: the verified bundle.
        commit: 40 hex digits; None for a local folder.
        name: name of the model.
        note: reason why the model could not be checked for a newer commit; None where it was.
    """

    bundle: Bundle
    commit: str | None
    name: ModelName
    note: str | None = None

    @property
    def folder(self) -> Path:
        """Folder of its files."""
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
    """Return the verified bundle of a local folder, or of one commit of the Hub, fetched into the cache.

    A tag or branch is resolved to its commit once. A cached commit costs no request. If the Hub is
    unavailable, a tag or branch falls back to the commit that it was last pulled at.

    Args:
        name: name of the model, as ``ModelName.parse`` reads it.
        with_weights: whether to fetch ``model.weights.h5`` too, which only further training needs.
        newest: whether an unavailable Hub is an error, although an older commit is cached.
        token: access token; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT or huggingface.co.
        progress: function of (bytes fetched, bytes known to be needed).

    Raises:
        UserError: no such name, folder or revision, no access, no network, or not a valid bundle.
    """
    model = ModelName.parse(name)
    if model.repository is None:
        return Pulled(open_bundle(Path(str(model.folder))), None, model)
    # Here, since a local folder needs no client of the Hub.
    from core.hub import snapshot as hub  # noqa: PLC0415

    repository = model.repository
    wanted = {MANIFEST, CARD, *FILES} - (set() if with_weights else {WEIGHTS})
    try:
        snapshot = hub.fetch(
            repository,
            wanted,
            token=token,
            endpoint=endpoint,
            newest=newest,
            max_bytes=MAX_BYTES,
            progress=progress,
        )
    except (NotOnHubError, HubUnavailableError) as error:
        # A mistyped folder looks like a repository.
        raise (error if repository.revision else type(error)(f"There is no folder {name}. {error}")) from None
    try:
        bundle = open_bundle(snapshot.folder)
    except BundleError as error:
        damaged = hub.remove_damaged_files(repository, snapshot, token=token, endpoint=endpoint)
        if damaged:
            raise hub.damaged_files_error(repository, damaged) from None
        raise HubError(f"{repository.name} at commit {snapshot.commit[:7]} cannot be used: {error}") from None
    hub.save_commit(repository, snapshot.commit)
    return Pulled(bundle, snapshot.commit, model, snapshot.note)


def cached_manifest(name: str) -> Manifest | None:
    """Return the manifest of a model of the Hub as the cache has it, without a request.

    Args:
        name: name of the model, as ``ModelName.parse`` reads it.

    Returns:
        The manifest at the commit, or at that which a tag or branch pointed to when it was last pulled; None
        for a local folder, and where the cache has none.
    """
    try:
        repository = ModelName.parse(name).repository
        if repository is None:
            return None
        # Here, as in ``pull``.
        from core.hub import snapshot as hub  # noqa: PLC0415

        folder = hub.cached_folder(repository)
        return None if folder is None else read_manifest(folder)
    except UserError:
        return None
