"""A set of images that a person classifies without knowing their classes: drawn by a seed, balanced, hashed.

The draw rests on hashes of the images alone, so a seed gives the same set on every machine.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import pandas as pd

from core.bundle import training_overlap
from core.bundle.manifest import TEST_SET
from core.data.duplicates.fingerprint import content_fingerprint
from core.data.shared_frames import locate

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.bundle.folder import Bundle
    from core.serving.examples import Examples

DIGITS = 8
"""Length of the name of a set, hexadecimal digits."""


def of_test_set(bundle: Bundle, available: Collection[str]) -> pd.DataFrame:
    """Return the test images of a bundle that a set may be drawn from, with their stored predictions.

    Args:
        bundle: the bundle.
        available: SHA-256 of the images that can be shown.

    Returns:
        Those rows of ``test_set.parquet``.

    Raises:
        BundleError: the table cannot be read.
    """
    table = bundle.table(TEST_SET)
    return table[table["sha256"].isin(set(available))].drop_duplicates("sha256").reset_index(drop=True)


def of_examples(bundle: Bundle, found: Examples) -> pd.DataFrame:
    """Return the example images that the model of a bundle has not seen in training.

    Every image is read, which takes seconds for 200.

    Args:
        bundle: the bundle.
        found: images with classes of the model.

    Returns:
        Rows with ``sha256``, ``true_class``, and ``group``: the near-duplicate group, since the patients are
        not known.

    Raises:
        BundleError: a table of the bundle cannot be read.
    """
    # Here, since it imports faiss and SciPy, which the test images of a bundle do without.
    from core.data.duplicates.search import near_duplicate_groups  # noqa: PLC0415

    frames = bundle.manifest.shared_frames
    read = pd.DataFrame(
        [
            (one.sha256, one.true_class, content_fingerprint(locate(pixels, frames).content))
            for one in found.images
            if (pixels := one.read()) is not None
        ],
        columns=["sha256", "true_class", "fingerprint"],
    )
    seen = training_overlap.seen_in_training(bundle, read)
    new = read[[one is None for one in seen]].reset_index(drop=True)
    groups = near_duplicate_groups(list(new["fingerprint"]))
    return new.drop(columns="fingerprint").assign(group=groups)


def draw(images: pd.DataFrame, seed: int, most: int) -> pd.DataFrame:
    """Draw a set: one image of a group, and of each class as many as of the others, as far as there are.

    Args:
        images: rows with ``sha256``, ``true_class`` and ``group``.
        seed: number of the set.
        most: largest number of images.

    Returns:
        The drawn rows, in the order in which they are shown.
    """

    def ranked(table: pd.DataFrame, purpose: str) -> pd.DataFrame:
        ranks = [
            blake2b(f"{purpose} {seed} {sha256}".encode(), digest_size=16).hexdigest()
            for sha256 in table["sha256"]
        ]
        return table.assign(rank=ranks).sort_values("rank")

    each = ranked(images, "draw").drop_duplicates("group")
    each = each.assign(turn=each.groupby("true_class").cumcount())
    drawn = each.sort_values(["turn", "rank"]).head(most)
    return ranked(drawn, "order")[images.columns].reset_index(drop=True)


def name(drawn: pd.DataFrame, key: str) -> str:
    """Return the name of a set read with one model: equal names, equal images and predictions.

    Args:
        drawn: rows from ``draw``.
        key: key of the model's content.
    """
    text = "\n".join([key, *drawn["sha256"], *drawn["true_class"]])
    return blake2b(text.encode(), digest_size=DIGITS // 2).hexdigest()
