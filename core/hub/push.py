"""Publish a bundle as one verified commit and, if asked, one tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.bundle import card, command_line, redaction
from core.bundle.folder import Bundle, open_bundle
from core.bundle.manifest import CARD, FILES, MANIFEST, SPLIT, TEST_IMAGES
from core.data import published_split
from core.errors import UserError
from core.escape import markdown
from core.files import size_in_words
from core.hub.client import hub_api
from core.hub.commit import Content, commit, find_changes, head_commit, require_token
from core.hub.errors import HubError, NotOnHubError, translate_errors
from core.hub.file_names import revision_with_file_names
from core.hub.repository import check_repository, check_tag

if TYPE_CHECKING:
    from pathlib import Path

    from huggingface_hub import HfApi

    from core.hub.repository import Repository
    from core.progress import Say


@dataclass(frozen=True)
class Pushed:
    """The result of a push.

    Attributes:
        commit: commit of the repository that has the bundle.
        url: address of the repository.
        tag: tag of the commit, or None.
        changed: whether a commit was made.
    """

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
    progress: Say | None = None,
) -> Pushed:
    """Publish a bundle as one commit and, if asked, one tag.

    Until the commit the repository stays as it was. A repeated push adds what is missing, the tag included,
    and changes nothing else. Files of a bundle that this push leaves out are deleted in the same commit;
    other files stay.

    Args:
        folder: folder of the bundle.
        repo: ``user/repo``; created if it does not exist.
        private: whether to create it private; refused where it exists and is public.
        tag: name for this commit, which must be new or already point to it.
        include_test_images: whether to publish the test images; needs ``data_licence``.
        data_licence: licence of the images, for ``bundle.json`` and the model card.
        hide_file_names: whether to publish hash prefixes in place of file names, which may contain patient
            ids. A commit of the repository that has them is named in a warning.
        token: access token; by default HF_TOKEN or the stored one.
        endpoint: address of the Hub; by default HF_ENDPOINT or huggingface.co.
        progress: function of a sentence, called before each step; the client draws bars on a terminal.

    Raises:
        UserError: the bundle is not valid, or a name, licence or token is missing.
        HubError: the Hub refuses, cannot be reached, or has other content afterwards.
    """
    say = progress or (lambda _: None)
    repository = check_repository(repo)
    if tag is not None:
        check_tag(tag)
    bundle = open_bundle(folder)
    content = _content(
        bundle,
        include_test_images=include_test_images,
        data_licence=data_licence,
        hide_file_names=hide_file_names,
    )
    api = hub_api(token, endpoint)
    require_token(api, repository)
    say(_disclosure(bundle, include_test_images=include_test_images, hide_file_names=hide_file_names))
    with translate_errors(repository, api, writing=True):
        newest = head_commit(api, repository, private=private)
        changes = find_changes(api, repository, newest, content, set(FILES).__contains__)
        if hide_file_names and (exposed := revision_with_file_names(api, repository)):
            say(
                f"Warning: the file names are not hidden in commit {exposed[:12]} of {repository}, which "
                "everyone who may read the repository can open. To remove them, delete the repository, then "
                "push again."
            )
        tags = _tags(api, repository) if tag else {}
        if tag in tags and (changes or tags[tag] != newest):
            raise _taken(repository, tag, tags)
        published = commit(api, repository, changes, content, "Publish a model bundle", say)
        if tag and tag not in tags:
            api.create_tag(repository.name, tag=tag, revision=published)
    return Pushed(published, f"{api.endpoint}/{repository.page}", tag, bool(changes))


def check_destination(repo: str, tag: str | None = None) -> None:
    """Check name, token and tag for a later push, before hours of training.

    Args:
        repo: ``user/repo``.
        tag: name for the commit. That the repository lacks it costs one request.

    Raises:
        UserError: the name is not ``user/repo``, the tag is none or there already, there is no token, or the
            Hub cannot be asked for its tags.
    """
    repository = check_repository(repo)
    if tag is not None:
        check_tag(tag)
    api = hub_api(None, None)
    require_token(api, repository)
    if tag is None:
        return
    try:
        with translate_errors(repository, api):
            tags = _tags(api, repository)
    except NotOnHubError:
        return  # the push creates it
    if tag in tags:
        raise _taken(repository, tag, tags)


def _content(
    bundle: Bundle, *, include_test_images: bool, data_licence: str | None, hide_file_names: bool
) -> Content:
    """Return the content of the repository, by path."""
    if include_test_images and not data_licence:
        raise UserError("Publishing test images needs the licence of the data: add --data-licence TEXT.")
    if include_test_images and not bundle.has(TEST_IMAGES):
        raise UserError(
            f"{bundle.folder} has no {TEST_IMAGES}: train it again, or omit --include-test-images."
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
        tables, entries = redaction.redacted_tables(bundle)
        manifest = manifest.model_copy(update={"files": manifest.files | entries})
        content |= tables
    content[MANIFEST] = manifest.to_json().encode()
    content[CARD] = _card_text(bundle, card.render(manifest), data_licence).encode()
    return content


def _card_text(bundle: Bundle, rendered: str, data_licence: str | None) -> str:
    """Return the rendered card, or the bundle's own if it was edited or written by an earlier version."""
    path = bundle.folder / CARD
    # The only file without a hash: a link could point to any file of the publisher.
    text = path.read_text(encoding="utf-8") if path.is_file() and not path.is_symlink() else None
    if text is None or text == card.render(bundle.manifest):
        return rendered
    text = command_line.republish(text)
    if data_licence and markdown(data_licence) not in text:
        return f"{text.rstrip()}\n\nLicence of the data: {markdown(data_licence)}.\n"
    return text


def _disclosure(bundle: Bundle, *, include_test_images: bool, hide_file_names: bool) -> str:
    """Return a sentence that says what a push discloses about the images."""
    split = bundle.table(SPLIT)
    images = "no images"
    if include_test_images:
        size = bundle.manifest.files[TEST_IMAGES].size
        images = f"{bundle.manifest.metrics.images} images ({size_in_words(size)})"
    if hide_file_names:
        example = split["sha256"].iloc[0][: published_split.HASH_DIGITS]
        names = f"{len(split)} hash prefixes in place of file names, such as {example}"
    else:
        names = f"{len(split)} file names, such as {split['file'].iloc[0]!r} (--hide-file-names hides them)"
    manifest = bundle.manifest
    return (
        f"This publishes {names}, a fingerprint (32 × 32 grey values) of each training and validation image, "
        f"and {images}. The model is named {manifest.name!r}, the data {manifest.data.name!r}."
    )


def _taken(repository: Repository, tag: str, tags: dict[str, str]) -> HubError:
    return HubError(
        f"{repository} already has a tag {tag} with other content: give another one, such as "
        f"--tag {_next_tag(tag, tags)}."
    )


def _tags(api: HfApi, repository: Repository) -> dict[str, str]:
    return {ref.name: ref.target_commit for ref in api.list_repo_refs(repository.name).tags}


def _next_tag(tag: str, taken: dict[str, str]) -> str:
    """Return a free tag like this one: its final number, or a new one, counted up."""
    match = re.fullmatch(r"(.*?)(\d*)", tag)
    stem, number = (match[1], int(match[2])) if match and match[2] else (f"{tag}-", 1)
    while f"{stem}{number}" in {tag, *taken}:
        number += 1
    return f"{stem}{number}"
