"""A clip is one observation: nothing gets surer because a lesion was filmed for longer."""

from __future__ import annotations

import numpy as np
import pytest

from core.inference.classifier import Prediction
from core.inference.clip_summary import ClipSentences, ClipSummary, summarise

NAMES = ("benign", "malignant", "normal")
THRESHOLDS = (0.6, 0.6, 0.6)


def predictions(malignant: list[float], *, unlike: int = 0) -> dict[int, Prediction]:
    """Return predictions of frames by the probability of malignant; the rest is that of benign."""
    return {
        number: Prediction(
            dict(zip(NAMES, (1 - share, share, 0.0), strict=True)),
            ("benign",),
            np.zeros((3, 2, 2), np.float32),
            {"nearest": float(number)},
            number < unlike,
            np.zeros((8, 8, 3), np.uint8),
            np.zeros(4, np.float32),
        )
        for number, share in enumerate(malignant)
    }


def longer(shares: list[float], times: int) -> ClipSummary:
    return summarise(
        predictions([share for share in shares for _ in range(times)]), THRESHOLDS, len(shares) * times
    )


def test_the_probabilities_of_a_clip_are_the_means_over_its_frames() -> None:
    found = summarise(predictions([0.1, 0.2, 0.9, 0.8], unlike=3), THRESHOLDS, 4)
    assert found.frames == 4
    assert found.prediction.probabilities == pytest.approx({"benign": 0.5, "malignant": 0.5, "normal": 0})
    assert found.prediction.possible == ("benign", "malignant")
    assert found.votes == {"benign": 2, "malignant": 2, "normal": 0}
    assert (found.unlike_training, found.prediction.unlike_training) == (3, True)
    assert found.prediction.distance == 1.5
    assert found.prediction.image.size == found.prediction.saliency.size == 0
    assert found.describe() == (
        "Mean probability over 4 frames of one lesion, which count as one observation."
    )


def test_a_lesion_that_is_filmed_for_longer_counts_no_more_often() -> None:
    shares = np.random.default_rng(3).uniform(0, 1, 17).tolist()
    once = longer(shares, 1)
    for times in (2, 5, 30):
        again = longer(shares, times)
        assert again.ranges == once.ranges
        assert again.prediction.probabilities == pytest.approx(once.prediction.probabilities)
        assert again.prediction.possible == once.prediction.possible
    # An interval of independent images would be narrower by the square root of 30.
    low, high = once.ranges["malignant"]
    assert high - low > 0.7


def test_the_range_leaves_out_a_twentieth_of_the_frames_at_either_end() -> None:
    found = summarise(predictions([number / 100 for number in range(100)]), THRESHOLDS, 100)
    assert found.ranges["malignant"] == pytest.approx((0.04, 0.94))


def test_the_surest_frames_and_the_least_sure_ones_are_not_neighbours() -> None:
    shares = [0.5 + abs(number - 50) / 110 for number in range(100)]  # least sure in the middle
    found = summarise(predictions(shares), THRESHOLDS, 100)
    assert found.most_sure == (0, 99, 10)
    assert found.least_sure == (50, 40, 60)


def test_frames_without_a_prediction_do_not_count() -> None:
    some = predictions([0.2, 0.3, 0.4, 0.9])
    del some[0], some[3]
    found = summarise(some, THRESHOLDS, 4)
    assert found.frames == 2
    assert found.prediction.probabilities["malignant"] == pytest.approx(0.35)
    assert (found.most_sure, found.least_sure) == ((1,), (2,))
    assert found.in_sentences(cropped=False) == ClipSentences(
        "Predicted class of the clip: benign.",
        "Mean over 2 frames, and where 90% of them lie: benign 65% (60%–70%), malignant 35% (30%–40%), "
        "normal 0% (0%–0%).",
        "Frames by predicted class: benign 2.",
        "One lesion, not 2. More frames make the prediction no surer.",
        "Frames without anything to see do not count: 2.",
        "",
    )
    assert found.in_sentences(cropped=True).blank == (
        "Frames without anything to see in the crop do not count: 2."
    )


def test_a_single_frame_is_both() -> None:
    found = summarise(predictions([0.2]), THRESHOLDS, 1)
    assert (found.most_sure, found.least_sure) == ((0,), (0,))
    assert found.ranges["malignant"] == pytest.approx((0.2, 0.2))
    said = found.in_sentences(cropped=False)
    assert (said.means, said.one_lesion) == (found.describe(), "")
    assert found.describe() == "Only one frame of the clip shows something."
