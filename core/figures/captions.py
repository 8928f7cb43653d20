"""What figures show, in words: captions and text alternatives, the same in the app and on a static page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.evaluation.calibration import BINS
from core.figures.confusion_matrix import row_shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from core.bundle.history import Run
    from core.evaluation.results import CalibrationError, Interval

CURVES = "dotted: training, solid: validation"
INTERVALS = "In brackets: 95 % confidence intervals, with near-duplicates counted once."
MOST_PROBABLE = "most probable class"
TRADEOFF = "A lower threshold gains sensitivity and loses specificity. Bands: 95 % confidence intervals."
NO_TRADEOFF = "No trade-off: it needs a positive class, with images of it and of the other classes."
RANKING = "One versus rest. Dotted lines: random guessing."
RANKING_EXPLAINED = (
    "AUC: the probability that an image of the class gets a higher score than one of the rest, with its 95 % "
    "confidence interval; 0.5 for random guessing. Average precision of random guessing: the class's share "
    "of the images."
)
NO_RANKING = "All images are of one class: there is nothing to rank."
PRECISION_RECALL = "Precision-recall curves; their average precision is in the table below"
RELIABILITY = "On the dotted line, 80 % of the predictions with a probability of 80 % are correct."
RELIABILITY_EXPLAINED = (
    f"Images are sorted into {BINS} bins by the probability of their predicted class. Bars: images per bin; "
    "whiskers: 95 % confidence intervals."
)


def join(names: Sequence[str], conjunction: str = "and") -> str:
    """Join names as in a sentence: a, b and c."""
    return f" {conjunction} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def percent(metric: Interval | None) -> str:
    """Write a share in percent, with its 95 % confidence interval."""
    return "does not apply" if metric is None else metric.in_words(".1%")


def rounded(metric: Interval) -> str:
    """Write the confidence interval of a share to whole percent: 67–93%."""
    return f"{100 * metric.low:.0f}–{metric.high:.0%}"


def probabilities(by_class: Mapping[str, float]) -> str:
    """Write probabilities in falling order: malignant 71.0%, benign 20.1%, normal 8.9%."""
    falling = sorted(by_class.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {value:.1%}" for name, value in falling)


def curve(run: Run, measure: str, epoch: int) -> str:
    """Write accuracy or loss of an epoch."""
    row = run.row(epoch)
    return (
        f"{measure.capitalize()} up to epoch {epoch}: training {row[measure]:.3f}, validation "
        f"{row[f'val_{measure}']:.3f} for {run.label}; all values are in the table of all epochs"
    )


def validation_matrix(counts: ArrayLike, class_names: Sequence[str], epoch: int) -> str:
    """Write the confusion matrix of an epoch, int [C, C], rows true classes, columns predicted ones."""
    by_class = "; ".join(
        f"{true_class}: " + ", ".join(f"{count} {name}" for name, count in zip(class_names, row, strict=True))
        for true_class, row in zip(class_names, np.asarray(counts).tolist(), strict=True)
    )
    return f"Validation confusion matrix of epoch {epoch}. Predicted classes by true class: {by_class}"


def no_validation(epoch: int) -> str:
    """Say that an epoch has no confusion matrix."""
    return f"The bundle has no validation predictions of epoch {epoch}."


def rule(positive_class: str | None, threshold: float | None) -> str:
    """Write a decision rule.

    Args:
        positive_class: its name, escaped for where it is shown; None where no class is positive.
        threshold: probability from which an image is predicted as positive; None for the most probable class.
    """
    if threshold is None or positive_class is None:
        return MOST_PROBABLE
    return f"{positive_class} at a probability of {threshold:.1%} or more, else the most probable other class"


def rule_explained(positive_class: str) -> str:
    """Say what a threshold for the positive class does; its name is escaped for where it is shown."""
    return (
        f"At or above the threshold, an image is predicted as {positive_class}; below it, as the most "
        "probable of the other classes."
    )


def cell(counts: ArrayLike, row: int, column: int, true_class: str, strong: str = "") -> str:
    """Write how many images of a class a cell of the confusion matrix has.

    Args:
        counts: int [C, C], rows true, columns predicted classes.
        row: row of the cell.
        column: column of the cell.
        true_class: name of its true class, escaped for where it is shown.
        strong: what stands before and behind the number.
    """
    matrix = np.asarray(counts)
    return (
        f"{strong}{matrix[row, column]}{strong} of {matrix[row].sum()} {true_class} images"
        f" ({row_shares(matrix)[row, column]:.0%})"
    )


def cell_explained(predicted_class: str, confidence: float) -> str:
    """Say how the images of a cell are ordered, and the median of their probabilities, 0-1."""
    return (
        f"Predicted as {predicted_class}, the most probable first; median probability of "
        f"{predicted_class}: {confidence:.1%}."
    )


def tradeoff(positive_class: str, marks: Sequence[str]) -> str:
    """Say what the chart of sensitivity and specificity by threshold shows."""
    return f"Sensitivity and specificity for {positive_class} by threshold" + (
        f", with {join(marks)}" if marks else ""
    )


def operating_rule(chosen_by: str, escape: Callable[[str], str]) -> str:
    """Say how the operating threshold was chosen."""
    return f"Operating point: {escape(chosen_by)}. On other images it gives other values, as here."


def areas(by_class: Mapping[str, str]) -> str:
    """Write the area under each class's ROC curve, a text each."""
    return f"ROC curves. AUC: {', '.join(f'{name} {area}' for name, area in by_class.items())}"


def calibration(error: CalibrationError) -> str:
    """Say whether the expected calibration error is more than chance."""
    if error.value > error.perfect_90th_percentile:
        return "Higher than expected by chance: the probabilities are probably miscalibrated."
    return "Not distinguishable from perfect calibration."


def calibration_explained(error: CalibrationError) -> str:
    """Say which error a perfectly calibrated model would show."""
    return (
        f"With so few images, a perfectly calibrated model would show {error.perfect_mean:.3f} on average, "
        f"and at most {error.perfect_90th_percentile:.3f} in 90 % of cases."
    )
