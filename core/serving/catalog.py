"""Which models an app offers: those that the setting ``MODEL`` names, else the embedded ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle.manifest import MANIFEST
from core.errors import UserError
from core.hub.repository import ModelName

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parents[2] / "models"


def embedded(folder: Path = FOLDER) -> dict[str, str]:
    """List the bundles that come with the program, by folder name: label → name for ``pull.pull``."""
    return {path.parent.name: str(path.parent) for path in sorted(folder.glob(f"*/{MANIFEST}"))}


def offered(setting: str | None, folder: Path = FOLDER) -> dict[str, str]:
    """Read the setting: models separated by commas, each a local folder, ``user/repo`` or one with @revision.

    Args:
        setting: None or blank stands for the embedded bundles.
        folder: holds the embedded bundles.

    Returns:
        Label → name for ``pull.pull``, in order. A folder is labelled by its last part, which may go into
        an address; a second folder of that name by its whole path. The first is the default.
    """
    names = _names(setting)
    if not names:
        return embedded(folder)
    labels: dict[str, str] = {}
    for name in names:
        short = _label(name)
        label = short if labels.get(short, name) == name else name
        labels[label] = name
    return labels


def is_embedded(setting: str | None) -> bool:
    """Tell whether a setting leaves it to the embedded models."""
    return not _names(setting)


def chosen(labels: Mapping[str, str], *wishes: str | None) -> str | None:
    """Return the first wish that is on offer, else the default, else None where nothing is on offer."""
    for wish in wishes:
        if wish in labels:
            return wish
    return next(iter(labels), None)


def can_move(name: str) -> bool:
    """Tell whether a name may stand for something else tomorrow: a tag or branch of the Hub may."""
    try:
        repository = ModelName.parse(name).repository
    except UserError:
        return False
    return repository is not None and not repository.is_pinned


def _names(setting: str | None) -> list[str]:
    return [name.strip() for name in (setting or "").split(",") if name.strip()]


def _label(name: str) -> str:
    try:
        model = ModelName.parse(name)
    except UserError:
        return name  # opening it will say what is wrong with it
    return str(model) if model.folder is None else model.folder.resolve().name
