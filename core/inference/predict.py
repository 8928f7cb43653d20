"""Classify image files and folders of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from core.bundle.training_overlap import seen_in_training
from core.data import near_duplicates
from core.data.index import pixel_hash, read_image
from core.data.listing import mask_owners
from core.errors import UserError
from core.evaluation.predictions import probability_columns
from core.images.decode import EXTENSIONS
from core.images.limits import ImageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.inference.classifier import Classifier
    from core.progress import Progress


def find_images(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """List the image files that paths name: files as they are, folders with all images in them.

    Returns:
        The files, and how many segmentation masks in folders were skipped.

    Raises:
        UserError: a path does not exist, or a folder holds no image.
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
            raise UserError(f"{path} holds no image ({', '.join(EXTENSIONS)}).")
        masks += len(inside) - len(images)
        found += images
    return found, masks


def predict(classifier: Classifier, paths: Sequence[Path], progress: Progress) -> pd.DataFrame:
    """Classify single files.

    Returns:
        One row per file: ``file``, ``predicted_class``, a probability per class, ``possible`` (the classes of
        the conformal set), ``distance``, ``unlike_training``, ``seen_in_training`` (the training or
        validation image it is or nearly is), ``problem`` (why it could not be read; the rest is empty).
    """
    names = classifier.bundle.manifest.class_names
    rows: list[dict[str, Any]] = []
    for path in paths:
        row: dict[str, Any] = {"file": str(path), "problem": ""}
        try:
            pixels = read_image(path)
        except ImageError as error:
            row["problem"] = str(error)
        else:
            answer = classifier.classify(pixels)
            row |= {
                "predicted_class": answer.predicted_class,
                **dict(zip(probability_columns(names), answer.probabilities.values(), strict=True)),
                "possible": "; ".join(answer.possible),
                "distance": answer.distance,
                "unlike_training": answer.unlike_training,
                "sha256": pixel_hash(pixels),
                "fingerprint": near_duplicates.fingerprint(pixels),
            }
        rows.append(row)
        progress("Classifying", len(rows), len(paths))
    table = pd.DataFrame(rows)
    columns = ["file", "predicted_class", *probability_columns(names), "possible", "distance"]
    table = table.reindex(columns=[*columns, "unlike_training", "sha256", "fingerprint", "problem"])
    read = table["problem"] == ""
    table["seen_in_training"] = ""
    if read.any():
        table.loc[read, "seen_in_training"] = seen_in_training(classifier.bundle, table[read])
    return table[[*columns, "unlike_training", "seen_in_training", "problem"]]
