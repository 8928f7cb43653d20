"""The models that an app offers: those of the setting ``MODEL``, or else the embedded ones."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.bundle.folder import read_manifest
from core.bundle.manifest import MANIFEST
from core.errors import UserError
from core.hub.repository import ModelName

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parents[2] / "models"


def embedded(folder: Path = FOLDER) -> dict[str, str]:
    """Return the bundles that come with the program: folder name → name for ``core.hub.pull.pull``.

    Those trained on real images come first, in the order of their names.
    """
    manifests = {path.parent: path.stat().st_mtime_ns for path in folder.glob(f"*/{MANIFEST}")}
    ordered = sorted(
        manifests, key=lambda bundle: (_simulated(bundle, manifests[bundle]) is not False, bundle.name)
    )
    return {bundle.name: str(bundle) for bundle in ordered}


def teaching(folder: Path = FOLDER) -> dict[str, str]:
    """Return those of the ``embedded`` bundles that were trained on simulated images."""
    return {
        label: name
        for label, name in embedded(folder).items()
        if _simulated(Path(name), (Path(name) / MANIFEST).stat().st_mtime_ns)
    }


def offered(setting: str | None, folder: Path = FOLDER) -> dict[str, str]:
    """Return the models of the setting.

    Args:
        setting: names separated by commas, each a local folder, ``user/repo`` or ``user/repo@revision``; None
            or blank for the embedded bundles.
        folder: folder of the embedded bundles.

    Returns:
        Label → name for ``core.hub.pull.pull``, in order; the first is the default. The label of a folder is
        its name, which may appear in an address; that of a second folder of this name is its path.
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
    """Return whether a setting is blank, so that the embedded models are offered."""
    return not _names(setting)


def choose(labels: Mapping[str, str], *preferences: str | None) -> str | None:
    """Return the first preference among the labels, or else the first label, or None without labels."""
    for label in preferences:
        if label in labels:
            return label
    return next(iter(labels), None)


def is_unpinned(name: str) -> bool:
    """Return whether a name is a tag or branch of the Hub, which can point to another commit later."""
    try:
        repository = ModelName.parse(name).repository
    except UserError:
        return False
    return repository is not None and not repository.is_pinned


@lru_cache(maxsize=64)
def _simulated(folder: Path, modified: int) -> bool | None:  # noqa: ARG001 - the key of the cache
    """Return whether a bundle is one of simulated images; None where it cannot be read.

    Every page asks at every run; ``modified`` is the modification time of the manifest.
    """
    try:
        return read_manifest(folder).data.simulated
    except UserError:
        return None


def _names(setting: str | None) -> list[str]:
    return [name.strip() for name in (setting or "").split(",") if name.strip()]


def _label(name: str) -> str:
    try:
        model = ModelName.parse(name)
    except UserError:
        return name  # opening it raises the error
    return str(model) if model.folder is None else model.folder.resolve().name
