"""Add to a finished bundle how often similar images share a class, without training it again.

``python -m core.inference.add_neighbours BUNDLE [IMAGES]`` does so and writes the card again. An earlier
bundle has no embeddings of its test images; its network computes them from the images that the bundle holds,
or from the folder IMAGES, in which they are found by the hash of their pixels.
"""

from __future__ import annotations

import hashlib
import io
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.bundle import card, known_images
from core.bundle.folder import open_bundle
from core.bundle.manifest import (
    CARD,
    EARLIER_EMBEDDINGS,
    EMBEDDED,
    EMBEDDINGS,
    MANIFEST,
    SPLIT,
    FileEntry,
)
from core.csv_table import to_csv
from core.data.image_facts import pixel_hash, read_image
from core.data.listing import IMAGE, walk
from core.errors import UserError
from core.files import write_atomically, write_text
from core.images.limits import ImageError
from core.images.preprocessing import fit
from core.inference.classifier import Classifier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.manifest import Manifest

_COLUMNS = ["sha256", "set", "class"]


def add_neighbours(folder: Path, images: Path | None = None) -> Manifest:
    """Measure how often similar images share a class, and write it into manifest and card.

    The manifest is replaced last and atomically: a kill at any point leaves a complete bundle.

    Args:
        folder: folder of the bundle.
        images: folder with the test images of an earlier bundle that holds none.

    Returns:
        The new manifest.

    Raises:
        UserError: the folder is not a bundle, a test image is missing, or no test image has a neighbour.
    """
    bundle = open_bundle(folder)
    manifest, known = bundle.manifest, known_images.read(bundle)
    if known is None:
        raise UserError(f"{folder.name} does not tell of which images its embeddings are; train it again.")
    if EMBEDDED not in manifest.files:
        known, contents = _with_test_images(bundle, known, images)
        for name, data in contents.items():
            write_atomically(folder / name, partial(_write, data))
        files = {name: entry for name, entry in manifest.files.items() if name != EARLIER_EMBEDDINGS}
        files |= {
            name: FileEntry(size=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in contents.items()
        }
        manifest = manifest.model_copy(update={"files": files})
    found = known.agreement()
    if found is None:
        raise UserError(f"{folder.name} has no test image with an embedded image of another group.")
    manifest = manifest.model_copy(update={"neighbours": found})
    write_text(folder / MANIFEST, manifest.to_json())
    if EARLIER_EMBEDDINGS not in manifest.files:
        (folder / EARLIER_EMBEDDINGS).unlink(missing_ok=True)
    write_text(folder / CARD, card.render(manifest))
    open_bundle(folder)
    return manifest


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def _with_test_images(
    bundle: Bundle, training: known_images.KnownImages, images: Path | None
) -> tuple[known_images.KnownImages, dict[str, bytes]]:
    """Return the known images with test images beside those of training, and their files."""
    split, scale = bundle.table(SPLIT), bundle.manifest.decision.embedding_scale
    test = split[split["set"] == "test"]
    test = test.iloc[known_images.drawn(len(test), bundle.manifest.seed)]
    classifier = Classifier(bundle)
    fitted = _network_inputs(classifier, set(test["sha256"]), images)
    if missing := set(test["sha256"]) - set(fitted):
        where = f"{images} lacks" if images else f"{bundle.folder.name} lacks"
        raise UserError(
            f"{where} {len(missing)} of {len(test)} test images; name the folder of the model's data: "
            f"python -m core.inference.add_neighbours {bundle.folder.name} IMAGES."
        )
    predictions = classifier.classify_fitted([fitted[sha256] for sha256 in test["sha256"]])
    of_training = np.load(bundle.folder / EARLIER_EMBEDDINGS, allow_pickle=False)
    of_test = (np.stack([one.embedding for one in predictions]) / scale).astype(of_training.dtype)
    if not np.isfinite(of_test).all():
        raise UserError(f"an embedding of a test image does not fit {EMBEDDINGS}; train the model again.")
    stored = np.concatenate([of_training, of_test])
    rows = pd.concat([training.table[_COLUMNS], test[_COLUMNS]])
    file = io.BytesIO()
    np.save(file, stored)
    contents = {EMBEDDINGS: file.getvalue(), EMBEDDED: to_csv(rows).encode()}
    return known_images.find(rows, stored * np.float32(scale), split), contents


def _network_inputs(
    classifier: Classifier, wanted: set[str], images: Path | None
) -> dict[str, NDArray[np.uint8]]:
    """Return test images as the network sees them, uint8 [S, S, 3], by the hash of the original."""
    found = dict(classifier.bundle.test_images())
    if images is None or wanted <= set(found):
        return found
    listed = walk(images).files
    for file in listed.loc[listed["content"] == IMAGE, "file"]:
        try:
            pixels = read_image(images / file)
        except ImageError:
            continue
        if (sha256 := pixel_hash(pixels)) in wanted:
            found.setdefault(sha256, fit(pixels, classifier.preprocessing))
    return found


def main() -> None:
    """Add it to the bundle that the command line names."""
    try:
        manifest = add_neighbours(*map(Path, sys.argv[1:3]))
    except UserError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{known_images.describe_agreement(manifest)}\n")


if __name__ == "__main__":
    main()
