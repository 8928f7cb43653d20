"""Compare scores for images outside the training domain on the networks of a run with held-out sources."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from core.bundle.folder import MAX_EMBEDDINGS, open_bundle
from core.bundle.manifest import SPLIT, TEST_SET
from core.data.image_facts import read_image
from core.data.outside import packages
from core.data.outside.images import outside_images
from core.evaluation.domain_comparison import ScoredImages, ScoredNetwork, compare, halves
from core.experiments.inner_outputs import InnerGraph, InnerOutputs
from core.images.preprocessing import fit
from core.images.statistics import statistics
from core.inference.domain_scores import DOMAIN_SCORES, Features

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from core.bundle.folder import Bundle
    from core.data.data_set import ImageFolders
    from core.evaluation.domain_results import DomainComparison, ScoreName
    from core.progress import Progress

    Pixels = NDArray[np.uint8]
    Floats = NDArray[np.floating]

_BATCH = 64  # images held at once


def compare_scores(
    bundles: Sequence[Path], held_out: Sequence[str], folders: ImageFolders, progress: Progress
) -> DomainComparison | None:
    """Compare scores on the bundles of a held-out run.

    Home are each bundle's validation images: no weight was fitted to them, but temperature and thresholds
    are chosen on them, so about half choose the threshold and the others measure it. The held-out source
    is the bundle's test set. Images outside the domain are those of ``core.data.outside``, with validation
    images in the viewers' frames. Training images are read for their statistics.

    Args:
        bundles: folders of the bundles, with their test images.
        held_out: name of the source that each was trained without.
        folders: folders of the data, from which training and validation images are read.
        progress: function that reports each step.

    Returns:
        None where images are too few to choose with some and to measure with others.

    Raises:
        UserError: a bundle or an image cannot be read.
    """
    networks = []
    for number, (folder, name) in enumerate(zip(bundles, held_out, strict=True), start=1):
        what = f"Scoring images as the network without {name} sees them"
        progress(what, number - 1, len(bundles))
        networks.append(_scored(open_bundle(folder), name, folders))
        progress(what, number, len(bundles))
    return compare(networks, packages.missing())


def _scored(bundle: Bundle, held_out: str, folders: ImageFolders) -> ScoredNetwork:
    manifest, split = bundle.manifest, bundle.table(SPLIT)
    preprocessing = manifest.recipe.preprocessing
    training = split.loc[split["set"] == "train", "file"]
    if len(training) > MAX_EMBEDDINGS:
        training = training.sample(MAX_EMBEDDINGS, random_state=manifest.seed)
    score = _Scores(
        bundle,
        np.stack([statistics(fit(read_image(folders.path(file)), preprocessing)) for file in training]),
    )
    validation = split[split["set"] == "validation"]
    read = {file: partial(read_image, folders.path(file)) for file in validation["file"]}
    test, stored = bundle.table(TEST_SET), bundle.test_images()
    framed = {file: read[file] for file in validation.drop_duplicates("group")["file"]}
    outside = [
        image._replace(pixels=fit(image.pixels, preprocessing))
        for image in outside_images(framed, manifest.seed)
    ]
    scores, _ = score(image.pixels for image in outside)
    return ScoredNetwork(
        held_out,
        score.of_domain((fit(each(), preprocessing) for each in read.values()), validation),
        score.of_domain(
            (stored[sha256] for sha256 in test["sha256"]), test.rename(columns={"true_class": "class"})
        ),
        ScoredImages(
            scores,
            groups=np.array([image.origin for image in outside]),
            measuring=np.array([image.measuring for image in outside]),
            wrong=np.zeros(len(outside), bool),
            kinds=np.array([image.kind for image in outside]),
        ),
    )


class _Scores:
    """All scores of a bundle's network."""

    def __init__(self, bundle: Bundle, training_statistics: NDArray[np.float32]) -> None:
        self._manifest, self._graph = bundle.manifest, InnerGraph(bundle)
        training = Features(bundle.training_embeddings(), training_statistics)
        self._of_domain = {name: score(training.of(name)) for name, score in DOMAIN_SCORES.items()}

    def __call__(self, images: Iterable[Pixels]) -> tuple[dict[ScoreName, Floats], NDArray[np.int64]]:
        """Return each score of N images, float [N], and their predicted classes, int64 [N]."""
        parts: list[InnerOutputs] = []
        rows: list[NDArray[np.float32]] = []
        remaining = iter(images)
        while batch := list(islice(remaining, _BATCH)):
            parts.append(self._graph.run(batch))
            rows += map(statistics, batch)
        outputs = InnerOutputs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
        features = Features(outputs.embedding, np.stack(rows))
        scores: dict[ScoreName, Floats] = {
            name: score(features.of(name)) for name, score in self._of_domain.items()
        }
        # Liu et al. 2020, "Energy-based out-of-distribution detection" (NeurIPS), at the fitted temperature.
        scores["energy"] = -logsumexp(outputs.logits.astype(np.float64), axis=1)
        scores["flips"] = outputs.disagreement
        # Hendrycks and Gimpel 2017, "A baseline for detecting misclassified … examples" (ICLR).
        scores["max_probability"] = 1 - outputs.probabilities.max(axis=1)
        return scores, outputs.probabilities.argmax(axis=1)

    def of_domain(self, images: Iterable[Pixels], rows: pd.DataFrame) -> ScoredImages:
        """Score breast ultrasound images, whose rows of a table have ``class`` and ``group``."""
        scores, predicted = self(images)
        groups = rows["group"].to_numpy()
        return ScoredImages(
            scores,
            groups,
            measuring=halves(groups, self._manifest.seed),
            wrong=predicted != self._manifest.labels(rows),
            kinds=np.full(len(rows), ""),
        )
