"""The metrics of one set of images, each with its 95 % interval."""

from __future__ import annotations

from pydantic import Field

from core.schema import Strict

Share = Field(ge=0, le=1)


class Interval(Strict):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class ClassMetrics(Strict):
    """One class against the rest. None where the class, or its complement, has no test image."""

    support: int = Field(ge=0)
    sensitivity: Interval | None
    specificity: Interval | None
    precision: Interval | None
    f1: Interval | None
    auc: Interval | None


class CalibrationError(Strict):
    """Expected calibration error: 15 bins, top label, beside what perfect calibration would show."""

    value: float = Share
    perfect_mean: float = Share
    perfect_90th_percentile: float = Share


class OperatingPoint(Strict):
    """The positive class at the threshold chosen on validation, as it falls on the test set."""

    threshold: float = Share
    sensitivity: Interval | None
    specificity: Interval | None


class Metrics(Strict):
    """The figures of one set of images. None where a figure does not apply."""

    images: int = Field(ge=0, alias="pictures")
    groups: int = Field(ge=0)
    accuracy: Interval | None
    balanced_accuracy: Interval | None
    macro_f1: Interval | None
    auc: Interval | None
    log_loss: Interval | None
    brier_score: Interval | None
    expected_calibration_error: CalibrationError | None
    per_class: dict[str, ClassMetrics]
    operating_point: OperatingPoint | None
    confusion_matrix: tuple[tuple[int, ...], ...]
