"""One commit of a repository in the local cache: resolved once, pinned, checked against what the Hub says."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import constants, snapshot_download
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils.tqdm import tqdm

from core.hub.client import hub_api, is_same, remote_files
from core.hub.errors import HubError, HubUnavailableError, translate_errors
from core.hub.repository import COMMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from huggingface_hub import HfApi

    from core.hub.repository import Repository


@dataclass(frozen=True)
class Snapshot:
    """Files of one commit in the cache.

    Attributes:
        folder: where they lie.
        commit: 40 hex digits.
        note: why the Hub could not say whether a tag or branch has moved; None where it could.
    """

    folder: Path
    commit: str
    note: str | None


def resolve(api: HfApi, repository: Repository) -> str:
    """Return the commit that a repository's revision stands for now.

    Raises:
        HubError: there is none, or the Hub did not answer.
    """
    with translate_errors(repository, api):
        return str(
            api.repo_info(repository.name, revision=repository.revision, repo_type=repository.kind).sha
        )


def fetch(
    repository: Repository,
    patterns: Iterable[str],
    *,
    token: str | None = None,
    endpoint: str | None = None,
    newest: bool = False,
    most_bytes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """Fetch files of one commit into the cache.

    A commit that is in the cache costs no request. A tag or branch falls back to the commit that it last was
    fetched at when the Hub is away.

    Args:
        repository: which, and at which revision.
        patterns: which files; ``*`` stands for anything.
        token: default: HF_TOKEN, or what the user has stored.
        endpoint: default: HF_ENDPOINT, or the Hub's own address.
        newest: do not fall back.
        most_bytes: refuse more than so many before the first of them is fetched.
        progress: called with the bytes fetched and the bytes known to be needed, from several threads;
            without it the client draws its own bars on a terminal.

    Raises:
        HubError: no such repository or revision, no access, no network, no room.
    """
    api, note = hub_api(token, endpoint), None
    if repository.is_pinned:
        commit = str(repository.revision)
    else:
        try:
            commit = resolve(api, repository)
        except HubUnavailableError as error:
            known = None if newest else remembered(repository)
            if known is None:
                raise
            commit, note = known, str(error)
    try:
        if most_bytes is not None and not _folder(repository, commit).is_dir():
            _check_size(api, repository, commit, patterns, most_bytes)
        with translate_errors(repository, api):
            path = snapshot_download(
                repository.name,
                repo_type=repository.kind,
                revision=commit,
                allow_patterns=sorted(patterns),
                token=api.token,
                endpoint=api.endpoint,
                tqdm_class=_bars(progress) if progress else None,
            )
    except HubUnavailableError:
        if note is not None:  # the cache does not hold all of it, and this is why the Hub cannot help
            raise HubUnavailableError(note) from None
        raise
    return Snapshot(Path(path), commit, note)


def _check_size(
    api: HfApi, repository: Repository, commit: str, patterns: Iterable[str], most_bytes: int
) -> None:
    """Refuse what is too large by the Hub's own word, before it fills the disk."""
    with translate_errors(repository, api):
        remote = remote_files(api, repository.name, commit, repository.kind)
    wanted = [path for path in remote if any(fnmatchcase(path, pattern) for pattern in patterns)]
    size = sum(remote[path].size for path in wanted)
    if size > most_bytes:
        raise HubError(
            f"{repository} has {size / 1e9:.1f} GB, and at most {most_bytes / 1e9:.1f} GB are taken: "
            "choose another model."
        )


def discard_damaged(
    repository: Repository, snapshot: Snapshot, *, token: str | None = None, endpoint: str | None = None
) -> list[str]:
    """Remove what is not as the Hub has it from the cache, so that it is fetched again; return the names."""
    api = hub_api(token, endpoint)
    with translate_errors(repository, api):
        remote = remote_files(api, repository.name, snapshot.commit, repository.kind)
    found = {name: snapshot.folder / name for name in remote if (snapshot.folder / name).is_file()}
    damaged = {name: path for name, path in found.items() if not is_same(path, remote[name])}
    for path in damaged.values():
        path.resolve().unlink()
        path.unlink(missing_ok=True)
    return sorted(damaged)


def arrived_damaged(repository: Repository, names: list[str]) -> HubError:
    """Return what to tell of files that ``discard_damaged`` has removed."""
    more = f" and {len(names) - 1} more files" if len(names) > 1 else ""
    return HubError(f"{names[0]}{more} of {repository} arrived damaged and was discarded; fetch it again.")


def remember(repository: Repository, commit: str) -> None:
    """Note in the cache's own layout what a tag or branch stood for, once its files are known to be whole.

    The client would do so before the download; a download that fails would then hide the older, whole copy.
    """
    if repository.is_pinned:
        return
    reference = _reference(repository)
    try:
        reference.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=reference.parent, delete=False) as file:
            file.write(commit)
        Path(file.name).replace(reference)
    except OSError:
        return  # a cache that cannot be written to can still be read


def remembered(repository: Repository) -> str | None:
    """Return the commit that a tag or branch stood for when it was fetched last, or None."""
    reference = _reference(repository)
    commit = reference.read_text() if reference.is_file() else ""
    return commit if COMMIT.fullmatch(commit) else None


def _reference(repository: Repository) -> Path:
    return _cache(repository) / "refs" / (repository.revision or "main")


def _folder(repository: Repository, commit: str) -> Path:
    return _cache(repository) / "snapshots" / commit


def _cache(repository: Repository) -> Path:
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository.name, repo_type=repository.kind)


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
