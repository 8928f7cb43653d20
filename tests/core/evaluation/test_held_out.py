"""Limits from several sources hold on one that chose none of them, where they shift as those do."""

import numpy as np
import pytest
from scipy.special import softmax

from core.evaluation.held_out import LabelledLogits, check, choose_limits, complete, measure_sources
from core.evaluation.limits import HeldOutLimits

NAMES = ["benign", "malignant", "normal"]


def source(
    seed: int, *, blur: float, classes: int = 2, patients: int = 300, logits: int = 3
) -> LabelledLogits:
    """Two images of each patient; with more blur the network is right less often, and no less sure."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.integers(classes, size=patients), 2)
    values = 3.0 * np.eye(3)[truth] + blur * rng.normal(size=(patients, 3)).repeat(2, axis=0)
    values[:, logits:] = -1e4
    return LabelledLogits(truth, values, np.repeat(np.arange(patients), 2) + 10_000 * seed)


def pooled(*parts: LabelledLogits) -> tuple[LabelledLogits, np.ndarray]:
    names = np.concatenate([[f"source {n}"] * len(part.truth) for n, part in enumerate(parts)]).astype(object)
    return LabelledLogits(*(np.concatenate(each) for each in zip(*parts, strict=True))), names


def measured(
    predictions: LabelledLogits,
    sources: np.ndarray,
    home: dict[str, LabelledLogits],
    classes: dict[str, list[str]] | None = None,
) -> HeldOutLimits:
    """Limits by source, of networks that have all classes unless others are given."""
    return measure_sources(
        predictions,
        sources,
        home,
        NAMES,
        classes=classes or dict.fromkeys(set(sources), NAMES),
        positive_class="malignant",
        joined={},
        seed=0,
    )


def test_each_source_is_covered_by_limits_of_the_others() -> None:
    predictions, sources = pooled(*(source(seed, blur=2.0) for seed in range(3)))
    home = dict.fromkeys(set(sources), source(9, blur=0.5, classes=3))
    found = measured(predictions, sources, home)
    assert [each.name for each in found.sources] == ["source 0", "source 1", "source 2"]
    for each in found.sources:
        assert each.as_predicted.coverage.value >= 0.87
        assert each.as_predicted.classes == ("benign", "malignant", "normal")
        assert min(share.value for share in each.as_predicted.coverage_by_class.values()) >= 0.85
        assert each.as_predicted.calibration_error.value < 0.08
        assert each.as_predicted.groups == 300
        assert each.among_present is not None
        assert each.among_present.classes == ("benign", "malignant")
        assert each.among_present.set_size.low <= each.among_present.set_size.value <= 2
    assert set(found.limits.conformal_thresholds) == {"benign", "malignant"}


def test_a_source_is_judged_by_others_alone_and_the_hardest_is_the_worst() -> None:
    predictions, sources = pooled(source(0, blur=1.0), source(1, blur=1.0), source(2, blur=4.0))
    home = dict.fromkeys(set(sources), source(9, blur=1.0, classes=3))
    found = measured(predictions, sources, home)
    assert found.worst.name == "source 2"
    assert found.worst.as_predicted.coverage.value < 0.8  # two easy sources know nothing of a hard one
    assert found.sources[0].as_predicted.coverage.value > 0.95  # the hard one makes the others cautious
    # Its own images change nothing of the limits that it is measured by.
    harder = predictions.logits.copy()
    harder[sources == "source 2"] *= 3
    again = measured(predictions._replace(logits=harder), sources, home)
    assert again.worst.temperature == found.worst.temperature
    assert again.sources[0].temperature != found.sources[0].temperature


def test_small_sources_decide_together() -> None:
    parts = [source(seed, blur=2.0, patients=30) for seed in range(2)]  # about 15 patients of each class
    assert set(choose_limits(*pooled(*parts), positive_index=1, names=NAMES).conformal_thresholds) == {
        "benign",
        "malignant",
    }


def test_the_most_cautious_source_decides_and_a_tiny_one_does_not() -> None:
    easy, hard, tiny = source(0, blur=1.0), source(1, blur=3.0), source(2, blur=9.0, patients=10)
    both = choose_limits(*pooled(easy, hard), positive_index=1, names=NAMES)
    for name, index in (("benign", 0), ("malignant", 1)):
        probabilities = softmax(hard.logits / both.temperature, axis=1)
        members = hard.truth == index
        covered = 1 - probabilities[members, index] <= both.conformal_thresholds[name]
        assert 0.90 <= covered.mean() <= 0.93
    probabilities = softmax(hard.logits / both.temperature, axis=1)[hard.truth == 1, 1]
    assert (probabilities >= both.operating_threshold).mean() == pytest.approx(0.95, abs=0.01)
    with_tiny = choose_limits(*pooled(easy, hard, tiny), positive_index=1, names=NAMES)
    assert with_tiny.conformal_thresholds["benign"] == pytest.approx(
        both.conformal_thresholds["benign"], abs=0.03
    )
    alone = choose_limits(*pooled(tiny), positive_index=None, names=NAMES)
    assert alone.conformal_thresholds == {}
    assert alone.operating_threshold is None


def test_a_class_of_no_held_out_source_is_limited_at_home() -> None:
    limits = choose_limits(*pooled(source(0, blur=2.0), source(1, blur=2.0)), positive_index=1, names=NAMES)
    home = source(9, blur=1.0, classes=3)
    probabilities = softmax(home.logits / limits.temperature, axis=1)
    scores = 1 - probabilities[np.arange(len(probabilities)), home.truth]
    thresholds = complete(limits, home.truth, scores, home.groups, NAMES)
    assert thresholds | limits.conformal_thresholds == thresholds
    covered = scores[home.truth == 2] <= thresholds["normal"]
    assert 0.9 <= covered.mean() < 0.95


def test_a_network_without_a_class_has_sets_without_it() -> None:
    predictions, sources = pooled(source(0, blur=2.0), source(1, blur=2.0, logits=2))
    home = dict.fromkeys(set(sources), source(9, blur=1.0, classes=2))
    found = measured(predictions, sources, home, classes={"source 0": NAMES, "source 1": NAMES[:2]})
    assert found.sources[1].as_predicted.classes == ("benign", "malignant")
    assert found.sources[1].among_present is None


def test_a_check_holds_what_a_visitor_sees() -> None:
    truth = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.55, 0.45]])
    found = check(truth, probabilities, np.arange(4), [0.5, 0.7], NAMES[:2], seed=0)
    assert found.coverage.value == 0.75
    assert {name: share.value for name, share in found.coverage_by_class.items()} == {
        "benign": 0.5,
        "malignant": 1.0,
    }
    assert found.set_size.value == 1.25  # only the last image has both classes
    assert 0 <= found.calibration_error.low <= found.calibration_error.value <= found.calibration_error.high
