"""The predictions for the frames of a clip as one prediction for one lesion.

The rule: the probability of a class is the mean of its calibrated probabilities over the frames. The frames
show the same lesion, so the clip counts as one observation, and the range is that of the frames themselves:
more frames of the same lesion do not narrow it, as they would narrow a confidence interval of images that
are independent.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.conformal import prediction_set
from core.inference.classifier import Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHARE_IN_RANGE = 0.9
SHOWN = 3
# Neighbouring frames look alike: of a clip, frames are shown that lie at least this share of it apart.
_APART = 0.1


class ClipSentences(NamedTuple):
    """What the frames of a clip say together, a sentence or two for each, or ''.

    Attributes:
        predicted: the predicted class of the clip.
        means: mean and range of the probability of each class.
        votes: predicted classes of the frames.
        one_lesion: how often the clip counts.
        blank: number of frames that show nothing.
        unlike_training: number of frames out of distribution.
    """

    predicted: str
    means: str
    votes: str
    one_lesion: str
    blank: str
    unlike_training: str


class ClipSummary(NamedTuple):
    """What the frames of a clip say together.

    Attributes:
        frames: number of frames with a prediction.
        blank: number of the other frames, which show nothing.
        prediction: class name → mean probability, the conformal set for it, the median of each distance, and
            whether most frames are out of distribution; without arrays.
        ranges: class name → the probabilities between which ``SHARE_IN_RANGE`` of the frames lie.
        votes: class name → number of frames that are predicted as it.
        unlike_training: number of frames out of distribution.
        most_sure: numbers of frames, from 0, whose predicted class is most probable, the surest first.
        least_sure: the same for those in which it is least probable.
    """

    frames: int
    blank: int
    prediction: Prediction
    ranges: dict[str, tuple[float, float]]
    votes: dict[str, int]
    unlike_training: int
    most_sure: tuple[int, ...]
    least_sure: tuple[int, ...]

    def describe(self) -> str:
        """Return what the prediction is made of, as sentences for a table."""
        if self.frames == 1:
            return "Only one frame of the clip shows something."
        return f"Mean probability over {self.frames} frames of one lesion, which count as one observation."

    def in_sentences(self, *, cropped: bool) -> ClipSentences:
        """Return all of it but the numbers of frames in plain text.

        Args:
            cropped: whether the frames are cropped.
        """
        means = ", ".join(
            f"{name} {mean:.0%} ({low:.0%}–{high:.0%})"
            for (name, mean), (low, high) in zip(
                self.prediction.probabilities.items(), self.ranges.values(), strict=True
            )
        )
        votes = ", ".join(f"{name} {count}" for name, count in self.votes.items() if count)
        several = self.frames > 1
        where = " in the crop" if cropped else ""
        return ClipSentences(
            f"Predicted class of the clip: {self.prediction.predicted_class}.",
            f"Mean over {self.frames} frames, and where {SHARE_IN_RANGE:.0%} of them lie: {means}."
            if several
            else self.describe(),
            f"Frames by predicted class: {votes}.",
            f"One lesion, not {self.frames}. More frames make the prediction no surer." if several else "",
            f"Frames without anything to see{where} do not count: {self.blank}." if self.blank else "",
            f"Out of distribution: {self.unlike_training} of {self.frames} frames."
            if self.unlike_training
            else "",
        )


def summarise(
    predictions: Mapping[int, Prediction], conformal_thresholds: Sequence[float], frames: int
) -> ClipSummary:
    """Sum up the predictions for the frames of a clip.

    Args:
        predictions: number of a frame, from 0 → its prediction; frames that show nothing have none. At least
            one.
        conformal_thresholds: threshold of each class; see ``core.evaluation.conformal``.
        frames: number of all frames of the clip.
    """
    numbers = np.array(sorted(predictions))
    ordered = [predictions[number] for number in numbers]
    names = list(ordered[0].probabilities)
    values = np.array([list(one.probabilities.values()) for one in ordered])
    mean = values.mean(axis=0)
    outside = (1 - SHARE_IN_RANGE) / 2
    # Of the frames themselves, without interpolation: the same if each were there twice.
    low, high = np.quantile(values, [outside, 1 - outside], axis=0, method="inverted_cdf")
    (possible,) = prediction_set(mean[np.newaxis], conformal_thresholds)
    unlike = sum(one.unlike_training for one in ordered)
    votes = Counter(one.predicted_class for one in ordered)
    sure = values.max(axis=1)
    shown = min(SHOWN, max(1, len(numbers) // 2))
    gap = max(1, round(_APART * (numbers[-1] - numbers[0] + 1)))
    return ClipSummary(
        len(numbers),
        frames - len(numbers),
        Prediction(
            probabilities=dict(zip(names, mean.tolist(), strict=True)),
            possible=tuple(name for name, is_possible in zip(names, possible, strict=True) if is_possible),
            saliency=np.empty(0, np.float32),
            distances={
                score: float(np.median([one.distances[score] for one in ordered]))
                for score in ordered[0].distances
            },
            unlike_training=unlike > len(numbers) / 2,
            image=np.empty(0, np.uint8),
            embedding=np.empty(0, np.float32),
        ),
        {name: (float(least), float(most)) for name, least, most in zip(names, low, high, strict=True)},
        {name: votes[name] for name in names},
        unlike,
        _apart(numbers[np.argsort(-sure, kind="stable")].tolist(), shown, gap),
        _apart(numbers[np.argsort(sure, kind="stable")].tolist(), shown, gap),
    )


def _apart(numbers: Sequence[int], count: int, gap: int) -> tuple[int, ...]:
    """Return the first numbers of a sequence that differ by a gap from all that were taken before."""
    taken: list[int] = []
    for number in numbers:
        if len(taken) < count and all(abs(number - other) >= gap for other in taken):
            taken.append(number)
    return tuple(taken)
