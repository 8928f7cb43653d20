"""Publishing files as one commit: only changed files are sent, and the result is verified."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import RepositoryNotFoundError

from core.files import size_in_words
from core.hub.client import has_same_hash, remote_files
from core.hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    from core.hub.repository import Repository
    from core.progress import Say

Content = dict[str, bytes | Path]


@dataclass(frozen=True)
class Changes:
    """Changes that turn the content of a repository into the content to publish.

    Attributes:
        parent: commit that they start from.
        added: new or changed files, by path.
        deleted: paths to delete.
    """

    parent: str
    added: Content
    deleted: AbstractSet[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.deleted)

    @property
    def size(self) -> int:
        """Size of the upload, bytes."""
        return sum(map(_size, self.added.values()))


def require_token(api: HfApi, repository: Repository) -> None:
    """Check that there is a token to publish with.

    Raises:
        HubError: there is none.
    """
    if not api.token:
        raise HubError(
            f"Publishing to {repository} needs a token: create one with write access at"
            f" {api.endpoint}/settings/tokens, and set HF_TOKEN."
        )


def head_commit(api: HfApi, repository: Repository, *, private: bool, **options: Any) -> str:
    """Return the newest commit of a repository, which is created if it does not exist.

    Args:
        api: client of the Hub.
        repository: repository to publish to.
        private: whether a new repository is private.
        options: further arguments of ``HfApi.create_repo``.

    Raises:
        HubError: ``private`` is asked for, but the repository exists and is public.
    """
    try:
        info = api.repo_info(repository.name, repo_type=repository.kind)
    except RepositoryNotFoundError:
        api.create_repo(
            repository.name, repo_type=repository.kind, private=private or None, exist_ok=True, **options
        )
        info = api.repo_info(repository.name, repo_type=repository.kind)
    if private and not info.private:
        raise HubError(
            f"{repository} exists and is public: make it private in its settings, or give another name."
        )
    return str(info.sha)


def find_changes(
    api: HfApi, repository: Repository, parent: str, content: Content, owned: Callable[[str], bool]
) -> Changes:
    """Compare the content to publish with a commit, by size and hash.

    Args:
        api: client of the Hub.
        repository: repository to publish to.
        parent: commit to compare with.
        content: content to publish, by path.
        owned: whether a remote path that is not in the content is deleted.
    """
    remote = remote_files(api, repository.name, parent, repository.kind)
    added = {path: data for path, data in content.items() if not _is_stored(remote, path, data)}
    return Changes(parent, added, {path for path in remote if path not in content and owned(path)})


def commit(
    api: HfApi,
    repository: Repository,
    changes: Changes,
    content: Content,
    message: str,
    say: Say,
) -> str:
    """Make one commit of the changes, if there are any, and verify the files on the server.

    Returns:
        The commit that has the content.

    Raises:
        HubError: the files on the server differ from the content.
    """
    head = changes.parent
    if changes:
        count = len(changes.added)
        say(
            f"Uploading {count} {'file' if count == 1 else 'files'}, {size_in_words(changes.size)}, to "
            f"{api.endpoint}/{repository.page}."
        )
        head = _send(api, repository, changes, message)
        say("Verifying the upload.")
    remote = remote_files(api, repository.name, head, repository.kind)
    if not all(_is_stored(remote, path, data) for path, data in content.items()):
        raise HubError(f"The upload to {repository} is damaged: publish it again before it is used.")
    return head


def _send(api: HfApi, repository: Repository, changes: Changes, message: str) -> str:
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(path_in_repo=path, path_or_fileobj=data) for path, data in changes.added.items()
    ]
    operations += [CommitOperationDelete(path_in_repo=path) for path in sorted(changes.deleted)]
    with warnings.catch_warnings():
        # The client warns of Parquet files in a model repository.
        warnings.simplefilter("ignore", UserWarning)
        commit_info = api.create_commit(
            repository.name,
            operations,
            commit_message=message,
            parent_commit=changes.parent,
            repo_type=repository.kind,
        )
    return str(commit_info.oid)


def _is_stored(remote: dict[str, RepoFile], path: str, data: bytes | Path) -> bool:
    return path in remote and has_same_hash(data, remote[path])


def _size(data: bytes | Path) -> int:
    return data.stat().st_size if isinstance(data, Path) else len(data)
