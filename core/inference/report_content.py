"""What a report on the prediction for one image or clip says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.bundle import limits_elsewhere
from core.bundle.limitations import warnings
from core.escape import shorten, visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from core.bundle.manifest import Manifest
    from core.evaluation.results import Interval, Metrics
    from core.images.frame import Box
    from core.inference.classifier import Prediction
    from core.inference.prediction_table import Origin
    from core.inference.similar import SimilarImage

_LONGEST_NAME = 28  # characters


class CropPart(NamedTuple):
    """The crop that the prediction of a report is for.

    Attributes:
        box: the crop in the image as uploaded.
        whole: prediction for the whole image.
    """

    box: Box
    whole: Prediction


class ClipPart(NamedTuple):
    """The clip that the image of a report is a frame of.

    Attributes:
        summary: what the frames say together, in sentences.
        frames: numbers of the F classified frames, from 1, rising.
        probabilities: of each class in each frame, [F, C].
        shown: number of the frame that is the image of the report.
    """

    summary: tuple[str, ...]
    frames: tuple[int, ...]
    probabilities: NDArray[np.floating]
    shown: int


class Report(NamedTuple):
    """What a report says.

    Attributes:
        pixels: image as uploaded, or frame of a clip, uint8 [H, W, 3].
        sha256: SHA-256 of its pixels.
        prediction: prediction that the report is about; that for the crop where there is one.
        manifest: manifest of the model.
        origin: label, commit and hash of the model.
        colours: class name → hex code of its colour.
        findings: reasons not to trust the prediction, a sentence each.
        similar: similar known images.
        limits: what the model is worth at home and elsewhere, a sentence each; see ``describe_limits``.
        created: time of the report, in UTC.
        true_class: label of an example; None where it is not known.
        file: name of the file; '' leaves it out.
        changed: whether decoding changed the image.
        crop: the crop; None for the whole image.
        clip: the clip; None for an image.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    prediction: Prediction
    manifest: Manifest
    origin: Origin
    colours: Mapping[str, str]
    findings: tuple[str, ...]
    similar: tuple[SimilarImage, ...]
    limits: tuple[str, ...]
    created: datetime
    true_class: str | None = None
    file: str = ""
    changed: bool = False
    crop: CropPart | None = None
    clip: ClipPart | None = None


def describe_limits(manifest: Manifest, metrics: Metrics, coverage: Interval | None) -> tuple[str, ...]:
    """Return what a model is worth at home and elsewhere, in sentences of plain text.

    Args:
        manifest: manifest of the model.
        metrics: metrics of its test set.
        coverage: share of the test images whose true class is among the possible ones.
    """
    found = (("accuracy", metrics.accuracy), ("true class among the possible ones", coverage))
    said = ", ".join(f"{name} {interval.in_words('.0%')}" for name, interval in found if interval)
    home = f"At home, on its {metrics.images:,} test images, with 95 % confidence intervals: {said}."
    elsewhere = limits_elsewhere.describe(manifest, short_name)
    return (home, *elsewhere, *(text.replace("`", "") for text in warnings(manifest, short_name)))


def short_name(name: str) -> str:
    """Return a name as one line of visible characters, cut where it is long."""
    return shorten(visible(name), _LONGEST_NAME)
