"""The comparison of domain scores on images with known shifts."""

from statistics import NormalDist

import numpy as np
import pytest

from core.evaluation.domain_comparison import (
    COMBINATION,
    FACTORS,
    DomainComparison,
    ScoredImages,
    ScoredNetwork,
    compare,
    halves,
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
    return [
        ScoredNetwork(
            name,
            images(rng, dict.fromkeys(outside, 0.0), {}),
            images(rng, elsewhere, tells),
            images(rng, outside, {}),
        )
        for name in ("GE", "Toshiba")
    ]


def test_halves_part_no_group_and_are_equal() -> None:
    groups = np.repeat(np.arange(31), 3)
    measuring = halves(groups, 5)
    assert measuring.reshape(31, 3).std(axis=1).max() == 0
    assert measuring.sum() in (45, 48)
    np.testing.assert_array_equal(measuring, halves(groups, 5))


def test_the_score_that_tells_errors_best_is_chosen_among_those_that_keep_the_limits() -> None:
    found = compare(
        networks(
            elsewhere={"good": 0.2, "better": 0.2, "leaky": 0.2},
            outside={"good": 6.0, "better": 6.0, "leaky": 1.0},
            tells={"good": 0.2, "better": 0.5, "leaky": 3.0},
        ),
        ["good", "better", "leaky"],
    )
    assert found.chosen == found.best.score == "better"
    assert found.best.choosing_margin > 0
    assert found.best.choosing_auroc == pytest.approx(0.64, abs=0.03)  # Φ(0.5 / √2)
    assert shortfalls(found.best) == []
    for network in found.best.networks:
        assert network.error_auroc.low < 0.638 < network.error_auroc.high
        assert network.outside.rate.value > 0.99
        rates = [rate.error_rate.value for rate in network.risk_coverage.error_rates]
        assert rates == sorted(rates, reverse=True)


def test_a_score_that_cannot_be_used_is_compared_but_never_chosen() -> None:
    found = compare(
        networks(
            elsewhere={"usable": 0.2, "other": 0.2},
            outside={"usable": 6.0, "other": 6.0},
            tells={"other": 2.0},
        ),
        ["usable"],
    )
    assert found.chosen == "usable"
    assert [result.score for result in found.scores] == ["usable", "other"]


def test_rates_are_those_of_the_factor_that_was_chosen() -> None:
    best = compare(networks({"one": 0.0}, {"one": 6.0}, {}), ["one"]).best
    assert best.factor in FACTORS
    expected = NormalDist().cdf(-best.factor * 1.645)  # in standard deviations of the scores
    assert best.home.rate.low < expected < best.home.rate.high
    assert best.home.images == IMAGES
    assert set(best.outside_by_kind) == set(KINDS)


def test_the_combination_flags_what_either_score_flags() -> None:
    rng = np.random.default_rng(0)
    shifts = {"nearest": 0.0, "statistics": 0.0}
    home, elsewhere = images(rng, shifts, {}), images(rng, shifts, {})
    half = np.arange(IMAGES) % 4 < 2
    outside = images(rng, shifts, {})
    moved = {
        "nearest": outside.scores["nearest"] + 8 * half,
        "statistics": outside.scores["statistics"] + 8 * ~half,
    }
    found = compare(
        [ScoredNetwork("GE", home, elsewhere, outside._replace(scores=moved))],
        ["nearest", "statistics", COMBINATION],
    )
    assert found.chosen == COMBINATION
    assert found.best.choosing_margin > 0
    by_name = {result.score: result for result in found.scores}
    assert by_name["nearest"].outside.rate.value < 0.7
    assert found.best.outside.rate.value > 0.95


def test_a_source_far_from_home_and_images_too_near_are_said() -> None:
    far = compare(networks({"one": 3.0}, {"one": 4.0}, {}), ["one"]).best
    assert far.choosing_margin < 0
    assert [
        sentence.split()[1] for sentence in shortfalls(far) if "Of GE" in sentence or "Of Toshiba" in sentence
    ]
    near = compare(networks({"one": 0.0}, {"one": 1.0}, {}), ["one"]).best
    (sentence,) = [each for each in shortfalls(near) if "outside" in each]
    assert "less than 95%" in sentence


def test_if_no_score_keeps_the_limits_the_nearest_to_them_is_chosen() -> None:
    found = compare(
        networks(
            elsewhere={"bad": 3.0, "worse": 5.0}, outside={"bad": 6.0, "worse": 6.0}, tells={"worse": 3.0}
        ),
        ["bad", "worse"],
    )
    assert found.chosen == "bad"


def test_a_comparison_is_read_as_it_was_written() -> None:
    found = compare(networks({"one": 0.0}, {"one": 6.0}, {}), ["one"], ("pydicom-data",))
    assert DomainComparison.model_validate_json(found.model_dump_json()) == found
