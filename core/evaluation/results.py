"""Setup and metrics of an experiment, as bundles and reports store them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field

from core.data.provenance import BIRADS, LESION_AREA, DataSource
from core.schema import Strict

Share = Annotated[float, Field(ge=0, le=1)]
EARLIER_INTERVALS = (
    "95 %, groups instead of images, computed by an earlier version. Proportions: Wilson's score interval at "
    "the effective number of groups. Log loss and Brier score: percentile bootstrap of groups within class, "
    "which in simulations holds the true value too rarely, above all near a perfect score. `evaluate` and "
    "the app compute the intervals of these predictions by the present method"
)
"""What ``Metrics.intervals`` leaves out."""
METRIC_NAMES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auc": "AUC, one versus rest",
    "log_loss": "Log loss",
    "brier_score": "Brier score",
}
"""Names to show for the metrics with an interval, by the field of ``Metrics``."""
AS_PREDICTED = "as the model predicts"
AMONG_PRESENT = "among the classes present"
"""Names to show for the two forms of ``SubsetMetrics``."""
_NAMED_BY_THEIR_VALUE = ("source", LESION_AREA)
_COLUMN_NAMES = {"device": "machine", BIRADS: "BI-RADS"}


class ExperimentSetup(Strict):
    """Data, classes and random seed of an experiment."""

    data: DataSource
    grouping: str = Field(description="files that are kept in one set")
    class_names: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=2, max_length=100)
    positive_class: str | None
    seed: int


class ExperimentReport(ExperimentSetup):
    """Setup of an experiment, and when and with which versions its results were computed."""

    created: str
    versions: dict[str, str]

    @classmethod
    def of(cls, setup: ExperimentSetup, **fields: Any) -> Self:
        """Return the report of an experiment with this setup, given the other fields."""
        return cls(**{name: getattr(setup, name) for name in ExperimentSetup.model_fields}, **fields)


class Interval(Strict):
    """A metric with its 95 % confidence interval, low ≤ value ≤ high."""

    value: float
    low: float
    high: float

    def in_words(self, form: str = ".3f") -> str:
        """Write the metric, its interval in brackets: 0.851 (0.737 to 0.917).

        Args:
            form: format of each of the three numbers.
        """
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"


def _is_share(interval: Interval) -> Interval:
    if not 0 <= interval.low <= interval.value <= interval.high <= 1:
        raise ValueError("it is no share with its interval")
    return interval


ShareInterval = Annotated[Interval, AfterValidator(_is_share)]


class ClassMetrics(Strict):
    """Metrics of one class against the rest; None where the class, or the rest, has no image."""

    support: int = Field(ge=0)
    sensitivity: Interval | None
    specificity: Interval | None
    precision: Interval | None
    f1: Interval | None
    auc: Interval | None


class CalibrationError(Strict):
    """Expected calibration error (15 bins, top label), and that of a perfectly calibrated model."""

    value: Share
    perfect_mean: Share
    perfect_90th_percentile: Share


class OperatingPoint(Strict):
    """Sensitivity and specificity at a threshold that other images chose."""

    threshold: Share
    sensitivity: Interval | None
    specificity: Interval | None


class Metrics(Strict):
    """Metrics of a set of images; None where a metric does not apply."""

    images: int = Field(ge=0, alias="pictures")
    groups: int = Field(ge=0)
    intervals: str | None = Field(
        None, description="how the confidence intervals were computed; None where an earlier version did it"
    )
    accuracy: Interval | None
    balanced_accuracy: Interval | None
    macro_f1: Interval | None
    auc: Interval | None
    log_loss: Interval | None = Field(description="in nats")
    brier_score: Interval | None = Field(description="sum over classes, 0-2 (Brier 1950)")
    expected_calibration_error: CalibrationError | None
    per_class: dict[str, ClassMetrics]
    operating_point: OperatingPoint | None
    confusion_matrix: tuple[tuple[int, ...], ...] = Field(
        description="rows: true classes; columns: predicted"
    )


class SubsetMetrics(Strict):
    """Metrics of the images with one value of a column; two forms where some classes lack images."""

    column: str
    value: str = Field(description="of the column ``lesion_area`` a size, in words")
    as_predicted: Metrics = Field(
        description="an image that is predicted as a class without images counts as an error"
    )
    among_present: Metrics | None = Field(
        description="probabilities renormalised over the classes that have images; None where all have some, "
        "or one alone has"
    )

    @property
    def label(self) -> str:
        """Name of the images, such as ``BUSI``, ``machine A`` or ``BI-RADS 4``."""
        if self.column in _NAMED_BY_THEIR_VALUE:
            return self.value
        return f"{_COLUMN_NAMES.get(self.column, self.column)} {self.value}"


class AgainstRest(Strict):
    """Metrics of the positive class against all other images together."""

    accuracy: Interval | None = Field(description="images predicted as positive from probability 0.5 on")
    auc: Interval | None


class AgainstClass(Strict):
    """AUC of the positive class against one other class, on the images of these two."""

    images: int = Field(ge=0, alias="pictures")
    auc: Interval | None


class SensitivityAtSpecificity(Strict):
    """Largest sensitivity on the ROC curve with at least the wanted specificity.

    Optimistic: the threshold was chosen on the images that it is measured on.
    """

    wanted_specificity: Share
    threshold: Share | None = Field(description="None where no score has enough specificity")
    specificity: Share = Field(description="at the threshold")
    sensitivity: Interval


class PositiveClassMetrics(Strict):
    """Metrics of a two-class test for the positive class."""

    positive_class: str
    images: int = Field(ge=0, alias="pictures", description="of the positive class")
    against_rest: AgainstRest
    against: dict[str, AgainstClass] = Field(description="by the other class")
    at_specificity: SensitivityAtSpecificity | None = Field(
        description="None where all images, or none, are of the positive class"
    )
