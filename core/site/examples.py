"""Test images that a visitor may try, where they may be shown: a typical one of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.bundle.example import median_row
from core.bundle.manifest import TEST_SET
from core.escape import visible
from core.images.encode import as_png
from core.site.refusals import why_no_images

if TYPE_CHECKING:
    from core.bundle.folder import Bundle
    from core.site.files import Files

FOLDER = "examples"


def examples(bundle: Bundle) -> tuple[list[dict[str, Any]], Files]:
    """Return of each class the test image with the median probability of that class, and the files.

    There are none where the network's input is cropped from an image: the bundle stores what is left of it.
    """
    if why_no_images(bundle) is not None or bundle.manifest.recipe.preprocessing.border_crop:
        return [], {}
    images, table = bundle.test_images(), bundle.table(TEST_SET)
    table = table[table["sha256"].isin(list(images))]
    found: list[dict[str, Any]] = []
    files: Files = {}
    for name in bundle.manifest.class_names:
        rows = table[table["true_class"] == name]
        if rows.empty:
            continue
        row = rows.iloc[median_row(rows, bundle.manifest.class_names)]
        file = f"{FOLDER}/{len(found) + 1}.png"
        files[file] = as_png(images[row["sha256"]])
        found.append({"file": file, "class": visible(name)})
    return found, files
