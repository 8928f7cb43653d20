"""Publishing files as one commit: what is there already is not sent, and what was sent is checked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import RepositoryNotFoundError

from core.hub.client import is_same, remote_files
from core.hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    from core.hub.repository import Repository

Content = dict[str, bytes | Path]


@dataclass(frozen=True)
class Difference:
    """What a repository lacks of the content that it is to have.

    Attributes:
        head: the commit that was looked at.
        new: the files to send, by path.
        gone: paths to delete.
    """

    head: str
    new: Content
    gone: AbstractSet[str]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)

    @property
    def size(self) -> int:
        """How many bytes there are to send."""
        return sum(map(_size, self.new.values()))


def need_token(api: HfApi, repository: Repository) -> None:
    """Say what is needed to publish.

    Raises:
        HubError: there is no token.
    """
    if not api.token:
        raise HubError(
            f"Publishing to {repository} needs a token: make one that may write at"
            f" {api.endpoint}/settings/tokens, and set HF_TOKEN."
        )


def head(api: HfApi, repository: Repository, *, private: bool, **if_new: Any) -> str:
    """Return the newest commit of a repository, which is created if it does not exist.

    Args:
        api: the client.
        repository: which.
        private: create it private.
        if_new: what else ``HfApi.create_repo`` is to be told.

    Raises:
        HubError: it is to be private, but exists and is public.
    """
    try:
        info = api.repo_info(repository.name, repo_type=repository.kind)
    except RepositoryNotFoundError:
        api.create_repo(
            repository.name, repo_type=repository.kind, private=private or None, exist_ok=True, **if_new
        )
        info = api.repo_info(repository.name, repo_type=repository.kind)
    if private and not info.private:
        raise HubError(
            f"{repository} exists and is public: make it private in its settings, or choose another name."
        )
    return str(info.sha)


def difference(
    api: HfApi, repository: Repository, head: str, content: Content, owned: Callable[[str], bool]
) -> Difference:
    """Compare by size and hash, as the server names them.

    Args:
        api: the client.
        repository: which.
        head: the commit to compare with.
        content: what is to lie in the repository, by path.
        owned: whether a path that is not in the content is to be deleted.
    """
    remote = remote_files(api, repository.name, head, repository.kind)
    new = {path: data for path, data in content.items() if not _holds(remote, path, data)}
    return Difference(head, new, {path for path in remote if path not in content and owned(path)})


def commit(
    api: HfApi,
    repository: Repository,
    change: Difference,
    content: Content,
    message: str,
    say: Callable[[str], None],
) -> str:
    """Make one commit of a difference, if there is any, and check from the server's side that it holds.

    Raises:
        HubError: the server holds other bytes than were sent.
    """
    made = change.head
    if change:
        count = len(change.new)
        say(
            f"Uploading {count} {'file' if count == 1 else 'files'}, {in_megabytes(change.size)}, to "
            f"{api.endpoint}/{repository.page}."
        )
        made = _send(api, repository, change, message)
        say("Checking what the Hub holds now.")
    remote = remote_files(api, repository.name, made, repository.kind)
    if not all(_holds(remote, path, data) for path, data in content.items()):
        raise HubError(
            f"{repository} holds other bytes than were sent: do the same again, before anybody uses it."
        )
    return made


def in_megabytes(size: int) -> str:
    """Write a number of bytes for a reader."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"  # noqa: PLR2004


def _send(api: HfApi, repository: Repository, change: Difference, message: str) -> str:
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(path_in_repo=path, path_or_fileobj=data) for path, data in change.new.items()
    ]
    operations += [CommitOperationDelete(path_in_repo=path) for path in sorted(change.gone)]
    with warnings.catch_warnings():
        # The client wonders about Parquet files beside a model.
        warnings.simplefilter("ignore", UserWarning)
        made = api.create_commit(
            repository.name,
            operations,
            commit_message=message,
            parent_commit=change.head,
            repo_type=repository.kind,
        )
    return str(made.oid)


def _holds(remote: dict[str, RepoFile], path: str, data: bytes | Path) -> bool:
    return path in remote and is_same(data, remote[path])


def _size(data: bytes | Path) -> int:
    return data.stat().st_size if isinstance(data, Path) else len(data)
