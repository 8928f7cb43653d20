"""The training and test images of which a bundle has embeddings, and how often neighbours share a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.bundle.folder import MAX_EMBEDDINGS
from core.bundle.manifest import EMBEDDED, SPLIT
from core.data.groups import NEAR_DUPLICATES_ONLY, PATIENT_IDS
from core.evaluation import neighbours

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.manifest import Manifest
    from core.evaluation.neighbours import NeighbourAgreement

LIKENESS = (
    "Similar means that this network's last feature map is similar (cosine distance of its spatial mean), "
    "not that the disease is the same. Training images are nearer: the network was fitted to them."
)
_COLUMNS = ["file", "group", "fingerprint"]


class KnownImages(NamedTuple):
    """Embedded images.

    Attributes:
        table: N rows of ``sha256``, ``set`` (train or test), ``class``, ``file``, ``group`` and
            ``fingerprint``, which test images have not.
        embeddings: float32 [N, D].
    """

    table: pd.DataFrame
    embeddings: NDArray[np.float32]

    def agreement(self) -> NeighbourAgreement | None:
        """Return how often a test image has the class of its nearest neighbour in another group.

        None where there is no test image, or none with an image of another group.
        """
        tested = (self.table["set"] == "test").to_numpy()
        return neighbours.measure(self.embeddings, self.table["class"], self.table["group"], tested)


def drawn(count: int, seed: int) -> NDArray[np.int64]:
    """Return which of the images of a set have embeddings: at most ``MAX_EMBEDDINGS``, in their order.

    Args:
        count: number of images of the set.
        seed: random seed of the training.
    """
    return np.sort(np.random.default_rng(seed).permutation(count)[:MAX_EMBEDDINGS])


def find(images: pd.DataFrame, embeddings: NDArray[np.floating], split: pd.DataFrame) -> KnownImages:
    """Look up file, group and fingerprint of embedded images; those that the split lacks are left out.

    Args:
        images: N rows of ``sha256``, ``set`` and ``class``.
        embeddings: their embeddings, float [N, D].
        split: split table. Of files with the same pixels the first counts.
    """
    by_hash = split.drop_duplicates("sha256").set_index("sha256")[_COLUMNS]
    found = images["sha256"].isin(by_hash.index).to_numpy()
    table = images[found].join(by_hash, on="sha256").reset_index(drop=True)
    return KnownImages(table, np.asarray(embeddings[found], np.float32))


def read(bundle: Bundle) -> KnownImages | None:
    """Return the embedded images of a bundle: training and test images, in earlier bundles training images.

    Earlier bundles have no table of them, but drew them in the order of the split table.

    Returns:
        None where it is not known of which images the embeddings are.

    Raises:
        BundleError: a file cannot be read, or does not fit another.
    """
    split = bundle.table(SPLIT)
    if EMBEDDED in bundle.manifest.files:
        images, embeddings = bundle.embedded_images()
    else:
        training, embeddings = split[split["set"] == "train"], bundle.training_embeddings()
        images = training.iloc[drawn(len(training), bundle.manifest.seed)][["sha256", "set", "class"]]
    return find(images, embeddings, split) if len(images) == len(embeddings) else None


def describe_agreement(manifest: Manifest) -> str:
    """Return how often neighbours of test images share their class, in sentences; '' in earlier bundles."""
    found = manifest.neighbours
    if found is None:
        return ""
    which, caution = {
        PATIENT_IDS: ("of another patient", ""),
        NEAR_DUPLICATES_ONLY: (
            "that is no near-duplicate",
            " The data has no patient ids: a neighbour may show the same patient.",
        ),
    }.get(manifest.grouping, ("of another group", " Of some images the patient is not known."))
    return (
        f"The most similar known image {which} has the same class for {found.same_class.in_words('.0%')} of "
        f"{found.images:,} test images; one drawn at random would have it for {found.by_chance:.0%}."
        f"{caution if manifest.data.without_patient_ids() else ''}"
    )
