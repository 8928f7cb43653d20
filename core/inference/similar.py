"""The training and test images whose embeddings are nearest to that of a new image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from core.bundle import known_images
from core.bundle.manifest import TEST_SET
from core.bundle.training_overlap import MIRROR_IMAGE, NEAR_DUPLICATE, SAME_PIXELS
from core.data.duplicates.fingerprint import fingerprint
from core.evaluation.neighbours import cosine_distances, unit_rows
from core.evaluation.predictions import row_probabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.bundle.training_overlap import Match
    from core.inference.classifier import Prediction

    Lookup = Callable[[str], NDArray[np.uint8] | None]

OF_EACH_SET = 3
"""Number of similar images of the training and of the test set; where one has fewer, more of the other."""


class SimilarImage(NamedTuple):
    """A training or test image that is near to a new image.

    Attributes:
        sha256: SHA-256 of its pixels.
        file: name of its file in the model's data.
        set: the set that it belongs to.
        true_class: its class in the data.
        distance: cosine distance of the embeddings, 0-2.
        probabilities: class name → stored probability of a test image; None for a training image.
        match: what makes the new image match it, None where it is another image.
    """

    sha256: str
    file: str
    set: Literal["train", "test"]
    true_class: str
    distance: float
    probabilities: dict[str, float] | None
    match: Match | None = None

    @property
    def name(self) -> str:
        """Name of its file, without folders."""
        return self.file.rsplit("/", 1)[-1]

    @property
    def match_in_words(self) -> str:
        """What it is to the new image where that matches it, or ''."""
        return "this image" if self.match == SAME_PIXELS else self.match or ""

    @property
    def predicted_class(self) -> str | None:
        """Class with the highest stored probability; None for a training image."""
        stored = self.probabilities
        return max(stored, key=stored.__getitem__) if stored else None


class SimilarImages:
    """The embedded images of a bundle, to search among. Safe for threads."""

    def __init__(self, bundle: Bundle) -> None:
        """Read embeddings, split and test set of a bundle.

        Raises:
            BundleError: a file cannot be read, or does not fit another.
        """
        self._frames = bundle.manifest.shared_frames
        self._known = known_images.read(bundle)
        self._stored: dict[str, dict[str, float]] = {}
        self._fingerprints: dict[str, str] = {}
        if self._known is None:
            return
        table, names = self._known.table, bundle.manifest.class_names
        self._units = unit_rows(self._known.embeddings)
        self._fingerprints = dict(zip(table["sha256"], table["fingerprint"], strict=True))
        tested = bundle.table(TEST_SET)
        for row in tested[tested["sha256"].isin(table["sha256"])].to_dict("records"):
            self._stored[row["sha256"]] = row_probabilities(row, names)

    def nearest(self, prediction: Prediction) -> list[SimilarImage]:
        """Return the nearest images of each set, test images first, the nearest first in each.

        Of each group, such as a patient, there is the nearest image alone.

        Args:
            prediction: prediction of the bundle's network for the new image.

        Returns:
            At most twice ``OF_EACH_SET`` images, of which none has a match yet; none where the bundle does
            not tell of which images its embeddings are.
        """
        if self._known is None:
            return []
        distances = cosine_distances(unit_rows(prediction.embedding[np.newaxis]), self._units)[0]
        order = np.argsort(distances, kind="stable")
        table = self._known.table.assign(distance=distances).iloc[order].drop_duplicates("group")
        sets = [table[table["set"] == name] for name in ("test", "train")]
        # Where the other set has too few.
        counts = [2 * OF_EACH_SET - min(len(other), OF_EACH_SET) for other in reversed(sets)]
        return [
            SimilarImage(
                sha256=row["sha256"],
                file=row["file"],
                set=row["set"],
                true_class=row["class"],
                distance=float(row["distance"]),
                probabilities=self._stored.get(row["sha256"]) if row["set"] == "test" else None,
            )
            for rows, count in zip(sets, counts, strict=True)
            for row in rows.head(count).to_dict("records")
        ]

    def matched(
        self,
        found: Sequence[SimilarImage],
        pixels: NDArray[np.uint8],
        sha256: str,
        prediction: Prediction,
        known: Lookup,
    ) -> list[SimilarImage]:
        """Return similar images with what makes the new image match one of them: it may be among them.

        Args:
            found: images from ``nearest``.
            pixels: the new image, uint8 [H, W, 3].
            sha256: SHA-256 of its pixels.
            prediction: prediction for it.
            known: function that returns an image as the network saw it, uint8 [S, S, 3], or the original, by
                its SHA-256; None where it cannot be had. A test image that cannot be had, and has other
                pixels, matches nothing.
        """
        looked_up = [known(one.sha256) for one in found]
        same = [
            one.sha256 == sha256 or (image is not None and np.array_equal(image, prediction.image))
            for one, image in zip(found, looked_up, strict=True)
        ]
        prints = [
            self._fingerprints[one.sha256] or ("" if image is None else fingerprint(image, self._frames))
            for one, image in zip(found, looked_up, strict=True)
        ]
        compared = [row for row, text in enumerate(prints) if text and not same[row]]
        # Here, since it imports faiss and SciPy.
        from core.data.duplicates.search import find_near_duplicates  # noqa: PLC0415

        near = find_near_duplicates([prints[row] for row in compared], [fingerprint(pixels, self._frames)])
        matches: dict[int, Match] = {
            row: MIRROR_IMAGE if mirrored else NEAR_DUPLICATE
            for row, reference, mirrored in zip(compared, near.reference, near.mirrored, strict=True)
            if reference >= 0
        }
        return [
            one._replace(match=SAME_PIXELS if same[row] else matches.get(row))
            for row, one in enumerate(found)
        ]
