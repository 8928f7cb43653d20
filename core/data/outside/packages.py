"""Folders of installed packages that ship images; none of their code runs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

SHIPPING_IMAGES = {
    "pydicom": "pydicom",
    "pydicom-data": "data_store",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
"""Package, as pip names it → its module."""


def folder_of(module: str) -> Path | None:
    """Return the folder of an installed module, without importing it; None where it is not installed."""
    spec = find_spec(module)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(next(iter(places))) if places else None


def missing() -> tuple[str, ...]:
    """Return the packages that are not installed, as pip names them."""
    return tuple(name for name, module in SHIPPING_IMAGES.items() if folder_of(module) is None)
