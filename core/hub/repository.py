"""Names of repositories and models: ``user/repo``, ``user/repo@revision``, or a local folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from core.errors import UserError
from core.files import expand_user

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT_COMMIT = re.compile(r"[0-9a-f]{7,39}")
DATA_SETS = "hf://datasets/"
"""Beginning of the name of a data set of the Hub."""
REVISION = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")
Kind = Literal["model", "dataset", "space"]
_EXPECTED = {
    "model": "REPO, the name of a repository",
    "dataset": "NAME, the name of a data set",
    "space": "SPACE, the name of a Space",
}


@dataclass(frozen=True)
class Repository:
    """A repository of the Hub at a revision.

    Attributes:
        name: ``user/repo``.
        revision: tag, branch or commit; None for the newest commit of ``main``.
        kind: ``model``, ``dataset`` or ``space``.
    """

    name: str
    revision: str | None = None
    kind: Kind = "model"

    @classmethod
    def parse(cls, text: str, kind: Kind = "model") -> Repository | None:
        """Parse ``user/repo`` or ``user/repo@revision``; None where the text is neither."""
        name, at, revision = text.partition("@")
        try:
            validate_repo_id(name)
        except HFValidationError:
            return None
        if "/" not in name or (at and not REVISION.fullmatch(revision)) or ".." in revision:
            return None
        return cls(name, revision or None, kind)

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{'hf://' if self.kind == 'dataset' else ''}{self.page}{revision}"

    @property
    def page(self) -> str:
        """Path of its page on the Hub, without a leading slash."""
        return self.name if self.kind == "model" else f"{self.kind}s/{self.name}"

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, so that the content cannot change."""
        return self.revision is not None and COMMIT.fullmatch(self.revision) is not None


def check_repository(text: str, kind: Kind = "model") -> Repository:
    """Return the repository to publish to.

    Args:
        text: ``user/repo``, never a local folder.
        kind: ``model``, ``dataset`` or ``space``.

    Raises:
        UserError: the text is not ``user/repo``.
    """
    found = Repository.parse(text, kind)
    if found is None or found.revision is not None:
        raise UserError(f"{text!r} is not USER/{_EXPECTED[kind]} to publish to.")
    return found


def pinned_data_set(text: str) -> Repository:
    """Return the data set that ``hf://datasets/USER/NAME@COMMIT`` names.

    Raises:
        UserError: the text names no data set of the Hub, or one that is not pinned to a commit.
    """
    name = text.strip()
    found = Repository.parse(name.removeprefix(DATA_SETS), "dataset") if name.startswith(DATA_SETS) else None
    if found is None:
        raise UserError(f"{name!r} is not a data set of the Hub: give {DATA_SETS}USER/NAME@COMMIT.")
    if not found.is_pinned:
        if _SHORT_COMMIT.fullmatch(found.revision or ""):
            raise UserError(f"{found} names a commit in short: give all 40 digits.")
        raise UserError(f"{found} is not pinned: give a commit, as in {DATA_SETS}{found.name}@COMMIT.")
    return found


def check_tag(tag: str) -> None:
    """Check the name of a new tag, so that git takes it and ``user/repo@tag`` names it.

    Args:
        tag: name of the tag, such as ``v1`` or ``2026/spring``.

    Raises:
        UserError: git or ``Repository.parse`` would refuse it, or it means a commit or a branch already.
    """
    # The rules of git check-ref-format that REVISION leaves open.
    refused = ".." in tag or tag.endswith(".") or any(part.endswith(".lock") for part in tag.split("/"))
    if refused or not REVISION.fullmatch(tag) or COMMIT.fullmatch(tag) or tag == "main":
        raise UserError(
            f"{tag!r} cannot be a tag; give letters and digits, with . _ - or / between, such as --tag v1."
        )


@dataclass(frozen=True)
class ModelName:
    """The name of a model: a local folder or a repository of the Hub."""

    folder: Path | None = None
    repository: Repository | None = None

    @classmethod
    def parse(cls, text: str) -> ModelName:
        """Parse a folder that exists or looks like a path, ``user/repo`` or ``user/repo@revision``.

        Raises:
            UserError: the text is neither.
        """
        try:
            path = expand_user(text)
            is_folder = bool(text) and (path.is_dir() or path.is_absolute() or text.startswith("."))
        except OSError:  # a name that is too long
            is_folder = False
        if is_folder:
            return cls(folder=path)
        repository = Repository.parse(text)
        if repository is None:
            raise UserError(
                f"{text!r} is not a model: give an existing folder, USER/REPO or USER/REPO@REVISION."
            )
        return cls(repository=repository)

    def __str__(self) -> str:
        return str(self.folder if self.repository is None else self.repository)


def published_repository(text: str) -> Repository:
    """Return the repository of a model that must be on the Hub.

    Args:
        text: a name for ``ModelName.parse``.

    Raises:
        UserError: the text names a local folder, or no model.
    """
    found = ModelName.parse(text).repository
    if found is None:
        raise UserError(f"{text} is a local folder: push it first, and give USER/REPO.")
    return found
