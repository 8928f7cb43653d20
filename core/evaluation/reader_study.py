"""A person and a model as readers of the same images: both results, their agreement, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from core.data.provenance import BIRADS
from core.evaluation import agreement, confusion, radiologists
from core.evaluation.confusion import UNANSWERED
from core.evaluation.paired import difference_of_hits
from core.evaluation.predictions import class_indices, probability_columns
from core.evaluation.results import Share
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.evaluation.agreement import Agreement
    from core.evaluation.confusion import Margins
    from core.evaluation.radiologists import CategoryPoint
    from core.evaluation.results import Interval

NO_ANSWER = "no answer"
_SEED = 0


class ReadImage(Strict):
    """One image: its true class, what the person answered, and what the model predicted."""

    true_class: str
    answer: str | None = Field(description="class that the person gave; None for no answer")
    seconds: float = Field(ge=0, description="time that the person took")
    probabilities: dict[str, Share] = Field(min_length=2, description="the model's, by class")
    birads: str = Field("", description="category that radiologists gave; empty where it is not known")

    @model_validator(mode="after")
    def _has_known_classes(self) -> Self:
        if not {self.true_class, self.answer} <= {*self.probabilities, None}:
            raise ValueError("it has a class without a probability")
        return self

    @property
    def predicted_class(self) -> str:
        """Class with the highest probability."""
        return max(self.probabilities, key=self.probabilities.__getitem__)


class Reading(NamedTuple):
    """What one reader reaches; an image without an answer counts as an error.

    Attributes:
        counts: confusion matrix, int64 [C, C], rows true classes, columns those that the reader gave.
        unanswered: images without an answer by true class, int64 [C].
        margins: accuracy, recall, specificity and precision with their confidence intervals.
    """

    counts: NDArray[np.int64]
    unanswered: NDArray[np.int64]
    margins: Margins

    @property
    def correct(self) -> int:
        """Number of images to which the reader gave the true class."""
        return int(np.trace(self.counts))


class ReaderStudy(NamedTuple):
    """The results of a person and a model on the same N images.

    Attributes:
        class_names: the C classes.
        positive_class: name of the positive class, or None.
        images: the images in the order in which they were read.
        person: what the person reaches.
        model: what the model reaches.
        difference: accuracy of the person minus that of the model, with a paired interval.
        agreement: agreement of the two on the images that the person answered; None where there is none.
        radiologists: the radiologists from BI-RADS 4 on, on the images with a category from 1 to 5; None
            where these do not have both kinds of images and of categories.
    """

    class_names: tuple[str, ...]
    positive_class: str | None
    images: tuple[ReadImage, ...]
    person: Reading
    model: Reading
    difference: Interval
    agreement: Agreement | None
    radiologists: CategoryPoint | None


def compare(
    images: Sequence[ReadImage], *, class_names: Sequence[str], positive_class: str | None
) -> ReaderStudy:
    """Compare a person and a model on N images, each of another patient or near-duplicate group.

    Args:
        images: the images in the order in which they were read, at least one.
        class_names: the C classes.
        positive_class: name of the positive class, or None.
    """
    names = list(class_names)
    truth = class_indices((one.true_class for one in images), names)
    predicted = class_indices((one.predicted_class for one in images), names)
    given = np.array(
        [UNANSWERED if one.answer is None else names.index(one.answer) for one in images], np.int64
    )
    each, answered = np.arange(len(images)), given != UNANSWERED
    return ReaderStudy(
        class_names=tuple(names),
        positive_class=positive_class,
        images=tuple(images),
        person=_reading(truth, given, len(names)),
        model=_reading(truth, predicted, len(names)),
        difference=difference_of_hits(given == truth, predicted == truth, truth, each, _SEED),
        agreement=agreement.cohens_kappa(
            given[answered],
            predicted[answered],
            truth[answered],
            each[answered],
            classes=len(names),
            seed=_SEED,
        ),
        radiologists=None
        if positive_class is None
        else radiologists.from_biopsy_on(
            truth == names.index(positive_class), [one.birads for one in images], each
        ),
    )


def table(study: ReaderStudy, name: str, result: str) -> pd.DataFrame:
    """Return one row for each image, numbered in the order in which they were read.

    Args:
        study: the study.
        name: name of the set of images, the same for all who read it.
        result: the answers as a word, which tells those who read it apart.
    """
    rows = pd.DataFrame(
        {
            "set": name,
            "result": result,
            "image": range(1, len(study.images) + 1),
            "true_class": [one.true_class for one in study.images],
            "your_answer": [one.answer or NO_ANSWER for one in study.images],
            "predicted_class": [one.predicted_class for one in study.images],
            "seconds": [one.seconds for one in study.images],
        }
    )
    for column, class_name in zip(probability_columns(study.class_names), study.class_names, strict=True):
        rows[column] = [one.probabilities[class_name] for one in study.images]
    if any(one.birads for one in study.images):
        rows[BIRADS] = [one.birads for one in study.images]
    return rows


def describe(study: ReaderStudy) -> list[str]:
    """Return three sentences on what a set of this size can and cannot say."""
    count, (you, model) = len(study.images), (study.person.margins.accuracy, study.model.margins.accuracy)
    if you is None or model is None:
        raise ValueError("a study without images says nothing")
    difference, *ends = (f"{100 * value:+.0f}" for value in study.difference.model_dump().values())
    if study.difference.low <= 0 <= study.difference.high:
        # Connor 1987, Biometrics 43:207: 154 to 312 images where the two differ in correctness on 20 to 40 %.
        verdict = (
            f"{count} images cannot tell which of you is better, and to see a difference of 10 points takes "
            "some 200"
        )
    else:
        verdict = (
            "the choice of images alone does not explain it, but the next set may show another difference"
        )
    range_of = (
        f"On further images like these, your {study.person.correct} of {count} may stand for an accuracy of "
        f"{you.low:.0%} to {you.high:.0%}, and the model's {study.model.correct} of {count} for one of "
        f"{model.low:.0%} to {model.high:.0%}."
    )
    compared = f"Your accuracy minus the model's is {difference} points ({ends[0]} to {ends[1]}): {verdict}."
    beyond = (
        "The set shows where you and the model differ, not how either would do in practice: there the "
        "classes are not equally frequent, and a radiologist sees a whole examination, not one image."
    )
    return [range_of, compared, beyond]


def _reading(truth: NDArray[np.int64], given: NDArray[np.int64], classes: int) -> Reading:
    return Reading(
        counts=confusion.count(truth, given, classes),
        unanswered=np.bincount(truth[given == UNANSWERED], minlength=classes),
        margins=confusion.margins(truth, given, np.arange(len(truth)), classes),
    )
