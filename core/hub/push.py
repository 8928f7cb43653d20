"""Publishing a bundle: one commit, checked from the server's side, and one tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.bundle import card, redaction
from core.bundle.folder import Bundle, open_bundle
from core.bundle.manifest import CARD, MANIFEST, MAY_BE_ABSENT, REQUIRED, SPLIT, TEST_IMAGES
from core.data import published_split
from core.errors import UserError
from core.hub.client import hub_api
from core.hub.commit import Content, commit, difference, head, in_megabytes, need_token
from core.hub.errors import HubError, translate_errors
from core.hub.repository import check_repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from huggingface_hub import HfApi

    from core.hub.repository import Repository


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
    hide_file_names: bool = False,
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
        include_test_images: publish the test images too; needs ``data_licence``.
        data_licence: what the owner of the images allows; goes into bundle.json and the model card.
        hide_file_names: publish hash prefixes in place of file names, which may carry patient ids.
        token: default: HF_TOKEN, or what the user has stored.
        endpoint: default: HF_ENDPOINT, or the Hub's own address.
        progress: called with a sentence before each step; the client itself draws bars on a terminal.

    Raises:
        UserError: the bundle is not valid, or a name, licence or token is missing.
        HubError: the Hub refused, cannot be reached, or holds something else now.
    """
    say = progress or (lambda _: None)
    repository = check_repository(repo)
    bundle = open_bundle(folder)
    content = _published(
        bundle,
        include_test_images=include_test_images,
        data_licence=data_licence,
        hide_file_names=hide_file_names,
    )
    api = hub_api(token, endpoint)
    need_token(api, repository)
    say(_contents(bundle, include_test_images=include_test_images, hide_file_names=hide_file_names))
    with translate_errors(repository, api, writing=True):
        newest = head(api, repository, private=private)
        change = difference(api, repository, newest, content, {*REQUIRED, *MAY_BE_ABSENT}.__contains__)
        tags = _tags(api, repository) if tag else {}
        if tag in tags and (change or tags[tag] != newest):
            raise HubError(
                f"{repository} already has a tag {tag}, at other content, and tags are not moved: choose "
                f"another, for example --tag {_free(tag, tags)}."
            )
        made = commit(api, repository, change, content, "Publish a model bundle", say)
        if tag and tag not in tags:
            api.create_tag(repository.name, tag=tag, revision=made)
    return Pushed(made, f"{api.endpoint}/{repository.page}", tag, bool(change))


def check_destination(repo: str) -> None:
    """Say what a push would refuse before it looks at the bundle, for those who have yet to train one.

    Raises:
        UserError: the name is not ``user/repo``, or there is no token.
    """
    need_token(hub_api(None, None), check_repository(repo))


def _published(
    bundle: Bundle, *, include_test_images: bool, data_licence: str | None, hide_file_names: bool
) -> Content:
    """Return what is to lie in the repository, by path."""
    if include_test_images and not data_licence:
        raise UserError(
            "Test images are only published with the licence of the data: add --data-licence TEXT."
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
    content: Content = {name: bundle.folder / name for name in manifest.files}
    if hide_file_names:
        tables, entries = redaction.hidden(bundle)
        manifest = manifest.model_copy(update={"files": manifest.files | entries})
        content |= tables
    content[MANIFEST] = manifest.to_json().encode()
    content[CARD] = _card_text(bundle, card.render(manifest)).encode()
    return content


def _card_text(bundle: Bundle, rendered: str) -> str:
    """Return the card anew, unless somebody has written in it."""
    path = bundle.folder / CARD
    # The one file that has no hash: a link could lead to any file of the publisher's.
    text = path.read_text(encoding="utf-8") if path.is_file() and not path.is_symlink() else None
    return rendered if text in (None, card.render(bundle.manifest)) else str(text)


def _contents(bundle: Bundle, *, include_test_images: bool, hide_file_names: bool) -> str:
    """Return what a push makes known of the images, in a sentence."""
    split = bundle.table(SPLIT)
    images = "no images"
    if include_test_images:
        size = bundle.manifest.files[TEST_IMAGES].size
        images = f"{bundle.manifest.metrics.images} images ({in_megabytes(size)})"
    if hide_file_names:
        example = split["sha256"].iloc[0][: published_split.HASH_DIGITS]
        names = f"{len(split)} hash prefixes in place of file names, such as {example}"
    else:
        names = f"{len(split)} file names, such as {split['file'].iloc[0]!r} (--hide-file-names hides them)"
    return (
        f"This publishes {names}, a fingerprint (32 × 32 grey values) of each training image, and {images}."
    )


def _tags(api: HfApi, repository: Repository) -> dict[str, str]:
    return {ref.name: ref.target_commit for ref in api.list_repo_refs(repository.name).tags}


def _free(tag: str, taken: dict[str, str]) -> str:
    """Return a tag like this one that is not taken: the number at its end, or a new one, counted up."""
    match = re.fullmatch(r"(.*?)(\d*)", tag)
    stem, number = (match[1], int(match[2])) if match and match[2] else (f"{tag}-", 1)
    while f"{stem}{number}" in {tag, *taken}:
        number += 1
    return f"{stem}{number}"
