"""Classify image files and folders of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from core.bundle.training_overlap import seen_in_training
from core.data import near_duplicates
from core.data.image_facts import pixel_hash, read_decoded
from core.data.listing import utf8_name
from core.data.mask_names import mask_owners
from core.errors import UserError
from core.images.decode import EXTENSIONS
from core.images.limits import ImageError
from core.inference.prediction_table import tabulate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.inference.classifier import Classifier, Prediction
    from core.progress import Progress


def find_images(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """Return the image files under paths, and the number of segmentation masks that are skipped.

    Args:
        paths: image files, which are never skipped, and folders, which are searched recursively.

    Raises:
        UserError: a path does not exist, or a folder has no image.
    """
    found: list[Path] = []
    masks = 0
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} does not exist; give image files or folders.")
        if path.is_file():
            found.append(path)
            continue
        inside = sorted(f for f in path.rglob("*") if f.suffix.lower() in EXTENSIONS and f.is_file())
        owners = mask_owners([str(file) for file in inside])
        images = [file for file in inside if str(file) not in owners]
        if not images:
            raise UserError(f"{path} contains no image ({', '.join(EXTENSIONS)}).")
        masks += len(inside) - len(images)
        found += images
    return found, masks


def predict(classifier: Classifier, paths: Sequence[Path], progress: Progress) -> pd.DataFrame:
    """Classify image files.

    Args:
        classifier: classifier of a bundle.
        paths: N image files.
        progress: function that reports the steps.

    Returns:
        N rows: ``file``, the columns of ``prediction_columns`` (``possible`` holds lists of class names),
        ``seen_in_training`` (training or validation image that the file equals or duplicates), ``notes``
        (what decoding changed, such as the range of grey values), and
        ``problem`` (reason why it cannot be read; the rest of the row is empty).
    """
    read: list[int] = []
    predictions: list[Prediction] = []
    rows = []
    for number, path in enumerate(paths):
        name = utf8_name(str(path))
        try:
            image, notes = read_decoded(path)
        except ImageError as error:
            rows.append((name, utf8_name(str(error)), "", "", ""))
        else:
            read.append(number)
            predictions.append(classifier.classify(image))
            rows.append((name, "", pixel_hash(image), near_duplicates.fingerprint(image), " ".join(notes)))
        progress("Classifying", len(rows), len(paths))
    files = pd.DataFrame(rows, columns=["file", "problem", "sha256", "fingerprint", "notes"])
    predicted = tabulate(predictions, classifier.bundle.manifest.class_names).set_axis(read)
    seen = seen_in_training(classifier.bundle, files.loc[read]) if read else []
    files["seen_in_training"] = pd.Series(seen, index=read, dtype=object).reindex(files.index, fill_value="")
    table = files.join(predicted)
    table["possible"] = [cell if isinstance(cell, list) else [] for cell in table["possible"]]
    return table[["file", *predicted.columns, "seen_in_training", "notes", "problem"]]
