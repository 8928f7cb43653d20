"""Error detection and risk by coverage, by hand and on scores of known quality."""

import numpy as np
import pytest

from core.evaluation.error_detection import error_auroc, risk_coverage, risks


def test_risks_by_hand() -> None:
    np.testing.assert_allclose(risks([1, 0, 0, 1], [4.0, 1.0, 2.0, 3.0]), [0, 0, 1 / 3, 1 / 2])


def test_images_of_one_score_count_as_their_mean() -> None:
    np.testing.assert_allclose(risks([1, 0, 0], [1.0, 1.0, 2.0]), [1 / 2, 1 / 2, 1 / 3])


def test_a_perfect_score_sorts_all_errors_to_the_end() -> None:
    wrong = np.arange(100) < 20
    found = risk_coverage(wrong, wrong.astype(float), np.arange(100))
    assert [rate.images for rate in found.error_rates] == [100, 90, 80, 60]
    assert [rate.error_rate.value for rate in found.error_rates] == pytest.approx([0.2, 10 / 90, 0, 0])
    assert error_auroc(wrong, wrong.astype(float), np.arange(100)).value == 1


def test_a_score_that_tells_nothing_has_the_area_of_the_error_rate() -> None:
    wrong = np.arange(4000) % 5 == 0
    scores = np.random.default_rng(0).random(4000)
    assert risk_coverage(wrong, scores, np.arange(4000)).area == pytest.approx(0.2, abs=0.02)
    found = error_auroc(wrong, scores, np.arange(4000))
    assert found.low < 0.5 < found.high


def test_few_groups_make_intervals_wide() -> None:
    wrong, scores = np.arange(200) % 4 == 0, np.random.default_rng(0).random(200)
    many, few = (error_auroc(wrong, scores, groups) for groups in (np.arange(200), np.arange(200) // 20))
    assert many.value == few.value
    assert few.high - few.low > 1.5 * (many.high - many.low)
    wide, narrow = (
        risk_coverage(wrong, scores, groups).error_rates[0].error_rate
        for groups in (np.arange(200) // 20, np.arange(200))
    )
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_an_error_or_a_hit_there_is_no_area(share: float) -> None:
    assert error_auroc(np.full(5, share, bool), np.arange(5.0), np.arange(5)) is None
