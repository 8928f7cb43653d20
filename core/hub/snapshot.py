"""Files of one pinned commit of a repository in the local cache."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import constants, snapshot_download
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils.tqdm import tqdm

from core.files import size_in_words, staged_path
from core.hub.client import has_same_hash, hub_api, remote_files
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
        folder: folder of the files.
        commit: 40 hex digits.
        note: reason why a tag or branch could not be checked for a newer commit; None where it was.
    """

    folder: Path
    commit: str
    note: str | None


def resolve(api: HfApi, repository: Repository) -> str:
    """Return the commit that the revision of a repository currently points to.

    Raises:
        HubError: there is none, or the Hub is unavailable.
    """
    with translate_errors(repository, api):
        found = api.repo_info(repository.name, revision=repository.revision, repo_type=repository.kind).sha
        if not COMMIT.fullmatch(str(found)):  # it becomes part of a path
            raise ValueError(found)
        return str(found)


def fetch(
    repository: Repository,
    patterns: Iterable[str],
    *,
    ignored: Iterable[str] = (),
    token: str | None = None,
    endpoint: str | None = None,
    newest: bool = False,
    max_bytes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Snapshot:
    """Fetch files of one commit into the cache.

    A cached commit costs no request. If the Hub is unavailable, a tag or branch falls back to the commit
    that it was last fetched at.

    Args:
        repository: repository at a revision.
        patterns: patterns of the files to fetch, with ``*`` as wildcard.
        ignored: patterns of those among them that are not fetched.
        token: access token; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT or huggingface.co.
        newest: whether an unavailable Hub is an error, although an older commit is cached.
        max_bytes: largest total size of the files, bytes; checked before the download.
        progress: function of (bytes fetched, bytes known to be needed), called from several threads; without
            it the client draws its own bars on a terminal.

    Raises:
        HubError: no such repository or revision, no access, no network, no disk space, or no place for a
            cache.
    """
    _cache(repository)  # before any request
    api, note = hub_api(token, endpoint), None
    if repository.is_pinned:
        commit = str(repository.revision)
    else:
        try:
            commit = resolve(api, repository)
        except HubUnavailableError as error:
            known = None if newest else saved_commit(repository)
            if known is None:
                raise
            commit, note = known, str(error)
    try:
        if max_bytes is not None and not _is_cached(repository, commit):
            _check_size(api, repository, commit, patterns, max_bytes)
        with translate_errors(repository, api):
            path = snapshot_download(
                repository.name,
                repo_type=repository.kind,
                revision=commit,
                allow_patterns=sorted(patterns),
                ignore_patterns=sorted(ignored),
                token=api.token,
                endpoint=api.endpoint,
                tqdm_class=_bars(progress) if progress else None,
            )
    except HubUnavailableError:
        if note is not None:  # the cache is incomplete, and this is why the Hub is unavailable
            raise HubUnavailableError(note) from None
        raise
    return Snapshot(Path(path), commit, note)


def _check_size(
    api: HfApi, repository: Repository, commit: str, patterns: Iterable[str], max_bytes: int
) -> None:
    """Refuse files that are too large, by their sizes on the Hub, before they fill the disk."""
    with translate_errors(repository, api):
        remote = remote_files(api, repository.name, commit, repository.kind)
    wanted = [path for path in remote if any(fnmatchcase(path, pattern) for pattern in patterns)]
    size = sum(remote[path].size for path in wanted)
    if size > max_bytes:
        allowed = size_in_words(max_bytes)
        raise HubError(f"{repository} has {size_in_words(size)}; at most {allowed} are allowed.")


def remove_damaged_files(
    repository: Repository, snapshot: Snapshot, *, token: str | None = None, endpoint: str | None = None
) -> list[str]:
    """Remove cached files whose hash differs from the Hub's, and return their names."""
    api = hub_api(token, endpoint)
    with translate_errors(repository, api):
        remote = remote_files(api, repository.name, snapshot.commit, repository.kind)
    found = {name: snapshot.folder / name for name in remote if (snapshot.folder / name).is_file()}
    damaged = {name: path for name, path in found.items() if not has_same_hash(path, remote[name])}
    for path in damaged.values():
        path.resolve().unlink()
        path.unlink(missing_ok=True)
    return sorted(damaged)


def damaged_files_error(repository: Repository, names: list[str]) -> HubError:
    """Return the error about files that ``remove_damaged_files`` has removed."""
    more = f" and {len(names) - 1} more files" if len(names) > 1 else ""
    return HubError(f"{names[0]}{more} of {repository} arrived damaged and was removed; fetch it again.")


def save_commit(repository: Repository, commit: str) -> None:
    """Save the commit that a tag or branch points to, in the cache's own layout, once its files are complete.

    The client would save it before the download, and a download that fails would hide the older copy.
    """
    if repository.is_pinned:
        return
    reference = _reference(repository)
    try:
        reference.parent.mkdir(parents=True, exist_ok=True)
        with staged_path(reference, concurrent=True) as temporary:
            temporary.write_text(commit, encoding="utf-8", newline="\n")
    except OSError:
        return  # a read-only cache can still be read


def saved_commit(repository: Repository) -> str | None:
    """Return the commit that a tag or branch pointed to when it was last fetched, or None."""
    try:
        commit = _reference(repository).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return commit if COMMIT.fullmatch(commit) else None


def cached_folder(repository: Repository) -> Path | None:
    """Return the folder of a repository's files in the cache, without a request; None where there is none.

    Of a tag or branch it is that of ``saved_commit``.

    Raises:
        HubError: there is no place for a cache.
    """
    commit = repository.revision if repository.is_pinned else saved_commit(repository)
    if commit is None or not _is_cached(repository, commit):
        return None
    return _cache(repository) / "snapshots" / commit


def _reference(repository: Repository) -> Path:
    return _cache(repository) / "refs" / (repository.revision or "main")


def _is_cached(repository: Repository, commit: str) -> bool:
    # Path.is_dir raises where a folder above may not be opened.
    return os.path.isdir(_cache(repository) / "snapshots" / commit)  # noqa: PTH112


def _cache(repository: Repository) -> Path:
    cache = Path(constants.HF_HUB_CACHE)
    if not cache.is_absolute():  # of a user without a home folder it would be a folder named ~
        raise HubError(
            f"{repository} has no place: the Hub's cache is {str(cache)!r}; set HF_HOME to a folder by its "
            "whole path."
        )
    return cache / repo_folder_name(repo_id=repository.name, repo_type=repository.kind)


def _bars(progress: Callable[[int, int], None]) -> type[tqdm]:
    """Return a progress bar class that draws nothing and reports the bytes of a snapshot."""

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            self._counts = options.get("name") == "huggingface_hub.snapshot_download"
            super().__init__(*args, **options | {"disable": True})

        def update(self, n: float | None = 1) -> None:
            if self._counts:
                self.n += n or 0
                progress(int(self.n), int(self.total or 0))

    return Bar
