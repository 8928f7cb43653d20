"""Where a model comes from: its name, and pulling one pinned commit from the Hub into the local cache."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]
from huggingface_hub.utils.tqdm import tqdm

from core.bundle import Bundle, BundleError, open_bundle
from core.errors import UserError
from core.hub_client import hub_api, is_same, remote_files
from core.hub_errors import HubError, HubUnavailableError, sentences
from core.manifest import CARD, MANIFEST, MAY_BE_ABSENT, REQUIRED, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from huggingface_hub import HfApi

COMMIT = re.compile(r"[0-9a-f]{40}")
REVISION = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")


@dataclass(frozen=True)
class ModelName:
    """A local folder, or a repository of the Hub with a revision (a tag, a branch or a commit)."""

    folder: Path | None = None
    repo: str | None = None
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> ModelName:
        """Read a name: a folder that exists or looks like a path, ``user/repo`` or ``user/repo@revision``.

        Raises:
            UserError: the text is neither.
        """
        path = Path(text).expanduser()
        if text and (path.is_dir() or path.is_absolute() or text.startswith(".")):
            return cls(folder=path)
        repo, at, revision = text.partition("@")
        try:
            validate_repo_id(repo)
        except HFValidationError:
            repo = ""
        if "/" not in repo or (at and not REVISION.fullmatch(revision)) or ".." in revision:
            raise UserError(
                f"{text!r} names no model: give a folder that exists, USER/REPO or USER/REPO@REVISION."
            )
        return cls(repo=repo, revision=revision or None)

    def __str__(self) -> str:
        if self.folder is not None:
            return str(self.folder)
        return f"{self.repo}@{self.revision}" if self.revision else f"{self.repo}"


def check_repository(text: str) -> None:
    """Check the name of a repository to publish to, whatever local folders there are.

    Raises:
        UserError: it is not ``user/repo``.
    """
    try:
        validate_repo_id(text)
        valid = "/" in text
    except HFValidationError:
        valid = False
    if not valid:
        raise UserError(f"{text!r} is not USER/REPO, the name of a repository to publish to.")


@dataclass(frozen=True)
class Pulled:
    """A checked bundle; ``commit`` is None for a local folder."""

    bundle: Bundle
    commit: str | None
    name: ModelName

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.bundle.folder


def pull(
    name: str,
    *,
    with_weights: bool = False,
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
        token: default: HF_TOKEN, or what the user has stored.
        endpoint: default: HF_ENDPOINT, or the Hub's own address.
        progress: called with the bytes fetched and the bytes known to be needed, from several threads;
            without it the client draws its own bars on a terminal.

    Raises:
        UserError: no such name, folder or revision, no access, no network, or not a valid bundle.
    """
    model = ModelName.parse(name)
    if model.folder is not None:
        return Pulled(open_bundle(model.folder), None, model)
    api = hub_api(token, endpoint)
    repo = str(model.repo)
    try:
        commit = _commit(api, repo, model)
    except HubError as error:
        # A mistyped folder looks like a repository.
        raise (
            error if model.revision else type(error)(f"There is no folder {name} here, and: {error}")
        ) from None
    wanted = {MANIFEST, CARD, *REQUIRED, *MAY_BE_ABSENT} - (set() if with_weights else {WEIGHTS})
    with sentences(str(model), api):
        path = snapshot_download(
            repo,
            revision=commit,
            allow_patterns=sorted(wanted),
            token=api.token,
            endpoint=api.endpoint,
            tqdm_class=_bars(progress) if progress else None,
        )
    folder = Path(path)
    try:
        bundle = open_bundle(folder)
    except BundleError as error:
        raise _bad_bundle(api, repo, commit, folder, error) from None
    if model.revision != commit:
        _remember(folder, model.revision or "main", commit)
    return Pulled(bundle, commit, model)


def _commit(api: HfApi, repo: str, model: ModelName) -> str:
    if model.revision and COMMIT.fullmatch(model.revision):
        return model.revision
    try:
        with sentences(str(model), api):
            return str(api.model_info(repo, revision=model.revision).sha)
    except HubUnavailableError:
        cached = try_to_load_from_cache(repo, MANIFEST, revision=model.revision)
        if not isinstance(cached, str):
            raise
        return Path(cached).parent.name


def _remember(folder: Path, revision: str, commit: str) -> None:
    """Note in the cache's own layout what a tag or branch stood for.

    The client would do so before the download; a download that fails would then hide the older, whole copy.
    """
    reference = folder.parents[1] / "refs" / revision
    try:
        reference.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=reference.parent, delete=False) as file:
            file.write(commit)
        Path(file.name).replace(reference)
    except OSError:
        return  # a cache that cannot be written to can still be read


def _bad_bundle(api: HfApi, repo: str, commit: str, folder: Path, error: BundleError) -> HubError:
    """Discard what was damaged on the way, so that it is fetched again; say which of the two it was."""
    with sentences(repo, api):
        remote = remote_files(api, repo, commit)
    pointers = [folder / name for name in remote if (folder / name).is_file()]
    damaged = [path for path in pointers if not is_same(path, remote[path.relative_to(folder).as_posix()])]
    for pointer in damaged:
        pointer.resolve().unlink()
        pointer.unlink(missing_ok=True)
    if damaged:
        names = " and ".join(sorted(path.name for path in damaged))
        return HubError(f"{names} of {repo} arrived damaged and was discarded; pull it again.")
    return HubError(f"{repo} at {commit[:7]} is on the Hub, but cannot be used: {error}")


def _bars(progress: Callable[[int, int], None]) -> type[tqdm]:
    """Return a class that draws nothing and reports the bytes of a whole snapshot."""

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            self._counts = options.get("name") == "huggingface_hub.snapshot_download"
            super().__init__(*args, **options | {"disable": True})

        def update(self, n: float | None = 1) -> None:
            if self._counts:
                self.n += n or 0
                progress(int(self.n), int(self.total or 0))

    return Bar
