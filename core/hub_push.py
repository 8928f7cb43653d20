"""Publishing a bundle: one commit, checked from the server's side, and one tag."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggingface_hub import CommitOperationAdd, CommitOperationDelete

from core import card
from core.bundle import Bundle, open_bundle
from core.errors import UserError
from core.hub import check_repository
from core.hub_client import hub_api, is_same, remote_files
from core.hub_errors import HubError, sentences
from core.manifest import CARD, MANIFEST, MAY_BE_ABSENT, REQUIRED, SPLIT, TEST_IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

Content = dict[str, "bytes | Path"]


@dataclass(frozen=True)
class Pushed:
    """What the repository holds now; ``changed`` is False if it held the same before."""

    commit: str
    url: str
    tag: str | None
    changed: bool


def push(
    folder: Path,
    repo: str,
    *,
    private: bool = False,
    tag: str | None = None,
    include_test_images: bool = False,
    data_licence: str | None = None,
    token: str | None = None,
    endpoint: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Pushed:
    """Publish a bundle as one commit and, if asked, one tag.

    Until the commit the repository holds what it held before, or nothing where it is new. Doing the same
    again adds what is missing, the tag included, and changes nothing otherwise. Files that a bundle can have
    but this one does not publish are deleted in the same commit; foreign files stay.

    Args:
        folder: the bundle.
        repo: ``user/repo``; created if it does not exist.
        private: create it private; refused where it exists and is public.
        tag: a name for this commit, which must be free or stand at this very commit.
        include_test_images: publish the test pictures too; needs ``data_licence``.
        data_licence: what the owner of the pictures allows; goes into bundle.json and the model card.
        token: default: HF_TOKEN, or what the user has stored.
        endpoint: default: HF_ENDPOINT, or the Hub's own address.
        progress: called with a sentence before each step; the client itself draws bars on a terminal.

    Raises:
        UserError: the bundle is not valid, or a name, licence or token is missing.
        HubError: the Hub refused, cannot be reached, or holds something else now.
    """
    say = progress or (lambda _: None)
    check_repository(repo)
    bundle = open_bundle(folder)
    files = _published(bundle, include_test_images=include_test_images, data_licence=data_licence)
    api = hub_api(token, endpoint)
    if not api.token:
        raise HubError(
            f"Publishing to {repo} needs a token: make one that may write at {api.endpoint}/settings/tokens,"
            " and set HF_TOKEN."
        )
    names = bundle.table(SPLIT)["file"]
    pictures = bundle.manifest.metrics.pictures if include_test_images else "no"
    say(
        f"This publishes {pictures} pictures, {len(names)} file names, such as {names.iloc[0]!r}, and a "
        "fingerprint (32 × 32 grey values) of each training picture."
    )
    with sentences(repo, api, writing=True):
        head = _head(api, repo, private=private)
        remote = remote_files(api, repo, head)
        new = {path: content for path, content in files.items() if not _holds(remote, path, content)}
        gone = (set(remote) & {*REQUIRED, *MAY_BE_ABSENT}) - set(files)
        changed = bool(new or gone)
        tagged = _tagged(api, repo, tag)
        if tagged and (changed or tagged != head):
            raise HubError(f"{repo} already has a tag {tag}, at other content: choose another tag.")
        commit = head
        if changed:
            size = sum(len(c) if isinstance(c, bytes) else c.stat().st_size for c in new.values())
            say(f"Uploading {len(new)} files, {size / 1e6:.1f} MB, to {api.endpoint}/{repo}.")
            commit = _one_commit(api, repo, head, new, gone)
            say("Checking what the Hub holds now.")
            remote = remote_files(api, repo, commit)
        if not all(_holds(remote, path, content) for path, content in files.items()):
            raise HubError(f"{repo} holds other bytes than were sent: push again, before anybody uses it.")
        if tag and not tagged:
            api.create_tag(repo, tag=tag, revision=commit)
    return Pushed(commit, f"{api.endpoint}/{repo}", tag, changed)


def _published(bundle: Bundle, *, include_test_images: bool, data_licence: str | None) -> Content:
    """Return what is to lie in the repository, by path."""
    if include_test_images and not data_licence:
        raise UserError(
            "Test pictures are only published with the licence of the data: add --data-licence TEXT."
        )
    if include_test_images and not bundle.has(TEST_IMAGES):
        raise UserError(
            f"{bundle.folder} has no {TEST_IMAGES} to publish: train it again, or leave them out."
        )
    left_out = {name for name in bundle.manifest.files if not bundle.has(name)}
    if not include_test_images:
        left_out.add(TEST_IMAGES)
    manifest = bundle.manifest.without(left_out)
    if data_licence:
        data = manifest.data.model_copy(update={"licence": data_licence})
        manifest = manifest.model_copy(update={"data": data})
    files: Content = {name: bundle.folder / name for name in manifest.files}
    files[MANIFEST] = manifest.to_json().encode()
    files[CARD] = _card_text(bundle, card.render(manifest)).encode()
    return files


def _card_text(bundle: Bundle, rendered: str) -> str:
    """Return the card anew, unless somebody has written in it."""
    path = bundle.folder / CARD
    # The one file that has no hash: a link could lead to any file of the publisher's.
    text = path.read_text(encoding="utf-8") if path.is_file() and not path.is_symlink() else None
    return rendered if text in (None, card.render(bundle.manifest)) else str(text)


def _head(api: HfApi, repo: str, *, private: bool) -> str:
    api.create_repo(repo, private=private or None, exist_ok=True)
    info = api.model_info(repo)
    if private and not info.private:
        raise HubError(
            f"{repo} exists and is public: make it private in its settings, or choose another name."
        )
    return str(info.sha)


def _holds(remote: dict[str, RepoFile], path: str, content: bytes | Path) -> bool:
    return path in remote and is_same(content, remote[path])


def _tagged(api: HfApi, repo: str, tag: str | None) -> str | None:
    if tag is None:
        return None
    return next((ref.target_commit for ref in api.list_repo_refs(repo).tags if ref.name == tag), None)


def _one_commit(api: HfApi, repo: str, head: str, new: Content, gone: set[str]) -> str:
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        CommitOperationAdd(path_in_repo=path, path_or_fileobj=content) for path, content in new.items()
    ]
    operations += [CommitOperationDelete(path_in_repo=path) for path in sorted(gone)]
    with warnings.catch_warnings():
        # The client wonders about Parquet files beside a model.
        warnings.simplefilter("ignore", UserWarning)
        commit = api.create_commit(
            repo, operations, commit_message="Publish a model bundle", parent_commit=head
        )
    return str(commit.oid)
