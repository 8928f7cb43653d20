"""The comparison of domain scores on images with known shifts."""

from statistics import NormalDist

import numpy as np
import pytest

from core.evaluation.domain_comparison import (
    FACTORS,
    ScoredImages,
    ScoredNetwork,
    compare,
    halves,
)
from core.evaluation.domain_results import (
    COMBINATION,
    MAX_NETWORKS,
    REFERENCE,
    DomainComparison,
    shortfalls,
)

IMAGES = 2000
KINDS = np.array(["photographs", "patterns"])


def images(
    rng: np.random.Generator, shifts: dict[str, float], tells_errors: dict[str, float]
) -> ScoredImages:
    """Images whose scores are normally distributed around a shift, higher for errors where they tell them."""
    wrong = rng.random(IMAGES) < 0.3
    scores = {
        name: rng.normal(shift, 1, IMAGES) + tells_errors.get(name, 0) * wrong
        for name, shift in shifts.items()
    }
    groups = np.arange(IMAGES) // 2
    return ScoredImages(scores, groups, halves(groups, 0), wrong, KINDS[np.arange(IMAGES) // 2 % 2])


def networks(
    elsewhere: dict[str, float], outside: dict[str, float], tells: dict[str, float]
) -> list[ScoredNetwork]:
    rng = np.random.default_rng(0)
    outside, elsewhere = outside | {REFERENCE: 0.0}, elsewhere | {REFERENCE: 0.0}
    return [
        ScoredNetwork(
            name,
            images(rng, dict.fromkeys(outside, 0.0), {}),
            images(rng, elsewhere, tells),
            images(rng, outside, {}),
        )
        for name in ("GE", "Toshiba")
    ]


def test_halves_part_no_group_and_are_the_same_in_every_list() -> None:
    groups = np.repeat(np.arange(300), 3)
    measuring = halves(groups, 5)
    assert measuring.reshape(300, 3).std(axis=1).max() == 0
    assert 0.4 < measuring.mean() < 0.6
    np.testing.assert_array_equal(measuring[450:], halves(groups[450:], 5))


def test_the_score_that_tells_errors_best_is_chosen_among_those_that_keep_the_limits() -> None:
    found = compare(
        networks(
            elsewhere={"nearest": 0.2, "mahalanobis": 0.2, "energy": 0.2},
            outside={"nearest": 6.0, "mahalanobis": 6.0, "energy": 1.0},
            tells={"nearest": 0.2, "mahalanobis": 0.5, "energy": 3.0},
        ),
    )
    assert found.chosen == found.best.score == "mahalanobis"
    assert found.best.choosing_margin > 0
    assert found.best.choosing_auroc == pytest.approx(0.64, abs=0.03)  # Φ(0.5 / √2)
    assert shortfalls(found.best) == []
    for network in found.best.networks:
        assert network.error_auroc.low < 0.638 < network.error_auroc.high
        assert network.outside.rate.value > 0.99
        rates = [rate.error_rate.value for rate in network.risk_coverage.error_rates]
        assert rates == sorted(rates, reverse=True)


def test_a_score_that_the_app_cannot_compute_is_compared_but_never_chosen() -> None:
    found = compare(
        networks(
            elsewhere={"nearest": 0.2, "energy": 0.2},
            outside={"nearest": 6.0, "energy": 6.0},
            tells={"energy": 2.0},
        ),
    )
    assert found.chosen == "nearest"
    assert [result.score for result in found.scores] == ["nearest", "energy", REFERENCE]


def test_rates_are_those_of_the_factor_that_was_chosen() -> None:
    best = compare(networks({"nearest": 0.0}, {"nearest": 6.0}, {})).best
    assert best.factor in FACTORS
    expected = NormalDist().cdf(-best.factor * 1.645)  # in standard deviations of the scores
    assert best.home.rate.low < expected < best.home.rate.high
    assert 0.8 * IMAGES < best.home.images < 1.2 * IMAGES  # about half of two networks
    assert set(best.outside_by_kind) == set(KINDS)


def test_the_combination_flags_what_either_score_flags() -> None:
    rng = np.random.default_rng(0)
    shifts = {"nearest": 0.0, "statistics": 0.0, REFERENCE: 0.0}
    home, elsewhere = images(rng, shifts, {}), images(rng, shifts, {})
    half = np.arange(IMAGES) % 4 < 2
    outside = images(rng, shifts, {})
    moved = {
        "nearest": outside.scores["nearest"] + 8 * half,
        "statistics": outside.scores["statistics"] + 8 * ~half,
    }
    found = compare(
        [ScoredNetwork("GE", home, elsewhere, outside._replace(scores=outside.scores | moved))],
    )
    assert found.chosen == COMBINATION
    assert found.best.choosing_margin > 0
    by_name = {result.score: result for result in found.scores}
    assert by_name["nearest"].outside.rate.value < 0.7
    assert found.best.outside.rate.value > 0.95


def test_a_source_far_from_home_and_images_too_near_are_said() -> None:
    far = compare(networks({"nearest": 3.0}, {"nearest": 4.0}, {})).best
    assert far.choosing_margin < 0
    assert [sentence.split()[4] for sentence in shortfalls(far) if "held-out source" in sentence]
    near = compare(networks({"nearest": 0.0}, {"nearest": 1.0}, {})).best
    (sentence,) = [each for each in shortfalls(near) if "outside" in each]
    assert "less than 95%" in sentence


def test_if_no_score_keeps_the_limits_the_nearest_to_them_is_chosen() -> None:
    found = compare(
        networks(
            elsewhere={"nearest": 3.0, "mahalanobis": 5.0},
            outside={"nearest": 6.0, "mahalanobis": 6.0},
            tells={"mahalanobis": 3.0},
        ),
    )
    assert found.chosen == "nearest"


def test_a_comparison_is_read_as_it_was_written() -> None:
    found = compare(networks({"nearest": 0.0}, {"nearest": 6.0}, {}), ("pydicom-data",))
    assert DomainComparison.model_validate_json(found.model_dump_json()) == found


def test_a_kind_that_no_image_measures_is_left_out() -> None:
    changed = [
        network._replace(
            outside=network.outside._replace(
                kinds=np.where(network.outside.measuring, "patterns", "photographs")
            )
        )
        for network in networks({"nearest": 0.0}, {"nearest": 6.0}, {})
    ]
    assert set(compare(changed).best.outside_by_kind) == {"patterns"}


@pytest.mark.parametrize("part", ["home", "elsewhere", "outside"])
@pytest.mark.parametrize("measuring", [False, True])
def test_images_of_one_half_only_are_no_comparison(part: str, measuring: bool) -> None:
    first, second = networks({"nearest": 0.0}, {"nearest": 6.0}, {})
    halved = getattr(second, part)._replace(measuring=np.full(IMAGES, measuring))
    assert compare([first, second._replace(**{part: halved})]) is None


def test_more_networks_than_a_report_holds_are_no_comparison() -> None:
    first = networks({"nearest": 0.0}, {"nearest": 6.0}, {})[:1]
    assert compare(first * (MAX_NETWORKS + 1)) is None
