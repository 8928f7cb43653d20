"""Domain scores of a bundle's validation, test and outside images."""

from pathlib import Path

import numpy as np
import pytest
from bundles import COUNTS, SIDE, make_bundle
from PIL import Image

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TEST_SET
from core.data.data_set import ImageFolders
from core.evaluation.domain_comparison import halves
from core.evaluation.domain_results import COMBINATION, DomainComparison
from core.evaluation.predictions import LabelledPredictions
from core.experiments.domain_comparison import compare_scores


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> DomainComparison:
    """One network of noise; its training and validation images are noise."""
    folder = tmp_path_factory.mktemp("run")
    make_bundle(folder / "fold-1")
    split = open_bundle(folder / "fold-1").table(SPLIT)
    rng = np.random.default_rng(1)
    for file in split.loc[split["set"] != "test", "file"]:
        (folder / "data" / file).parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "data" / file)
    folders = ImageFolders.of(folder / "data")
    return compare_scores([folder / "fold-1"], ["Toshiba"], folders, lambda *_: None)


def test_every_score_is_compared_and_one_of_embeddings_is_chosen(comparison: DomainComparison) -> None:
    assert {result.score for result in comparison.scores} == {
        *("nearest", "mahalanobis", "statistics", "energy", "flips", "max_probability"),
        COMBINATION,
    }
    assert comparison.chosen in {"nearest", "mahalanobis", COMBINATION}
    assert comparison.best.networks[0].held_out == "Toshiba"


def test_the_halves_that_measure_are_counted(comparison: DomainComparison) -> None:
    network = comparison.best.networks[0]
    assert 0 < network.home.images < 3 * COUNTS["validation"]
    assert 0 < network.elsewhere.images < 3 * COUNTS["test"]
    assert 0.4 < network.outside.images / comparison.outside_images < 0.6
    assert sum(rate.images for rate in comparison.best.outside_by_kind.values()) == network.outside.images


def test_errors_are_those_of_the_stored_predictions(comparison: DomainComparison, tmp_path: Path) -> None:
    manifest = make_bundle(tmp_path / "fold-1")
    test = open_bundle(tmp_path / "fold-1").table(TEST_SET)
    predictions = LabelledPredictions.from_table(test, manifest.class_names)
    wrong = predictions.probabilities.argmax(axis=1) != predictions.truth
    measuring = halves(predictions.groups, manifest.seed)
    for result in comparison.scores:
        everything = result.networks[0].risk_coverage.error_rates[0]
        assert everything.error_rate.value == pytest.approx(wrong[measuring].mean())
