"""What radiologists' BI-RADS categories reach on the images of a test set, beside the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from core.data.known_tables import BUSBRA
from core.data.provenance import BIRADS
from core.evaluation.intervals import (
    effective_size,
    independent_difference,
    interval_of_auc,
    percentile,
    proportion_of_hits,
    resampled_weights,
)
from core.evaluation.ranking import roc_areas, sensitivity_at_specificity
from core.evaluation.results import Interval, Share
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from core.data.provenance import DataSource
    from core.evaluation.predictions import LabelledPredictions

_BIOPSY = 4
_CATEGORY = re.compile(r"(?:bi-?rads)?[\s:_-]*([1-5])(?:\.0+)?[\s-]*([a-c])?", re.IGNORECASE)
_FEWEST = 10  # groups of each kind


class CategoryPoint(Strict):
    """Sensitivity and specificity when a lesion is called positive from a category on."""

    category: str
    sensitivity: Interval
    specificity: Interval


class Radiologists(Strict):
    """Radiologists and model on the same images: those with a BI-RADS category from 1 to 5."""

    positive_class: str
    images: int = Field(ge=1)
    groups: int = Field(ge=1)
    auc: Interval = Field(description="of the categories as scores; ties count one half")
    model_auc: Interval
    auc_difference: Interval = Field(
        description="model minus radiologists, paired: percentile bootstrap of groups within class"
    )
    points: tuple[CategoryPoint, ...] = Field(description="from each category on, but the lowest")
    biopsy: CategoryPoint | None = Field(
        description="the point from BI-RADS 4 on, 4A included, where a biopsy is advised; None where all "
        "images, or none, reach it"
    )
    model_sensitivity: Interval | None = Field(
        description="the model's largest sensitivity with at least the radiologists' specificity from "
        "BI-RADS 4 on; optimistic, its threshold was chosen on these images"
    )
    at_specificity: Share | None = Field(description="that specificity")


def category_score(category: str) -> float:
    """Return a number that grows with the suspicion of a BI-RADS category, such as 4, 4B or BI-RADS 5.

    It is NaN for what is no assessment of a lesion's suspicion: 0 (incomplete) and 6 (malignancy proven by
    biopsy before, so it contains the truth).
    """
    found = _CATEGORY.fullmatch(category.strip())
    if found is None:
        return float("nan")
    letter = found[2]
    return int(found[1]) + ("abc".index(letter.lower()) + 1) / 4 if letter else float(found[1])


def has_category(categories: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether each of N images has a BI-RADS category from 1 to 5, bool [N]."""
    return ~np.isnan([category_score(category) for category in categories])


def compare(
    is_positive: ArrayLike,
    scores: ArrayLike,
    categories: Sequence[str],
    groups: ArrayLike,
    *,
    positive_class: str,
    seed: int,
) -> Radiologists | None:
    """Compare radiologists and model on the images that have a BI-RADS category from 1 to 5.

    Args:
        is_positive: whether each image is of the positive class, bool [N].
        scores: the model's probability of the positive class, [N].
        categories: BI-RADS category of each image, empty where it is not known, [N].
        groups: group labels [N].
        positive_class: name of the positive class.
        seed: random seed of the resampling.

    Returns:
        None where fewer than ten groups of positive, or of other images have such a category.
    """
    suspicion = np.array([category_score(category) for category in categories])
    known = ~np.isnan(suspicion)
    positive, probability = np.asarray(is_positive, bool)[known], np.asarray(scores, np.float64)[known]
    labels = np.unique(np.asarray(groups)[known], return_inverse=True)[1]
    suspicion, named = suspicion[known], np.asarray(categories, str)[known]
    if min(len(np.unique(labels[positive])), len(np.unique(labels[~positive]))) < _FEWEST:
        return None
    sizes = effective_size(labels[positive]), effective_size(labels[~positive])
    intervals = [
        interval_of_auc(float(roc_areas(positive, values)[0]), *sizes) for values in (suspicion, probability)
    ]
    points = tuple(
        _point(str(named[suspicion == score][0]), suspicion >= score, positive, labels)
        for score in np.unique(suspicion)[1:]
    )
    advised = _biopsy(suspicion, named, positive, labels)
    rng = np.random.default_rng(seed)
    return Radiologists(
        positive_class=positive_class,
        images=len(positive),
        groups=int(labels.max()) + 1,
        auc=intervals[0],
        model_auc=intervals[1],
        auc_difference=_difference(positive, suspicion, probability, labels, intervals, rng),
        points=points,
        biopsy=advised,
        model_sensitivity=None if advised is None else _model_at(advised, positive, probability, labels),
        at_specificity=None if advised is None else advised.specificity.value,
    )


def describe(found: Radiologists, data: DataSource) -> list[str]:
    """Return sentences on the comparison: the areas first, what it is not last.

    Args:
        found: the comparison.
        data: source of the images.
    """
    areas = f"AUC {found.auc.in_words()}; the model {found.model_auc.in_words()}"
    difference = found.auc_difference.in_words("+.3f")
    said = [
        f"Radiologists' BI-RADS on the same {found.images:,} images: {areas}; difference {difference}.",
        "The model's AUC is that of its probability of the positive class, without renormalising.",
    ]
    advised = found.biopsy
    if advised is not None and found.model_sensitivity is not None:
        said.append(
            f"From BI-RADS {_BIOPSY} on: sensitivity {advised.sensitivity.in_words()} at specificity "
            f"{advised.specificity.in_words()}. At that specificity the model reaches a sensitivity of "
            f"{found.model_sensitivity.in_words()}, with a threshold chosen on these images."
        )
    return [*said, what_it_is_not(data)]


def from_biopsy_on(
    is_positive: ArrayLike, categories: Sequence[str], groups: ArrayLike
) -> CategoryPoint | None:
    """Return the radiologists' sensitivity and specificity when BI-RADS 4, 4A included, and 5 are positive.

    Args:
        is_positive: whether each image is of the positive class, bool [N].
        categories: BI-RADS category of each image, empty where it is not known, [N].
        groups: group labels [N].

    Returns:
        None where of the images with a category from 1 to 5 all, or none, are of the positive class or reach
        category 4.
    """
    suspicion = np.array([category_score(category) for category in categories])
    known = ~np.isnan(suspicion)
    positive, labels = np.asarray(is_positive, bool)[known], np.asarray(groups)[known]
    if positive.all() or not positive.any():
        return None
    return _biopsy(suspicion[known], np.asarray(categories, str)[known], positive, labels)


def what_it_is_not(data: DataSource) -> str:
    """Return what is known of the radiologists and the lesions, and why this is no contest."""
    if any(part.name == BUSBRA for part in data.each()):
        return (
            f"This is no contest: in {BUSBRA} the radiologists saw more than one image of a patient, the "
            "model one. And it holds biopsied lesions only, so those that nobody doubted are missing."
        )
    return (
        "This is no contest: the model saw one image of a lesion. What the radiologists saw, and how the "
        "lesions were chosen, these data do not say."
    )


def compare_table(
    table: pd.DataFrame,
    predictions: LabelledPredictions,
    *,
    class_names: Sequence[str],
    positive_class: str | None,
    seed: int,
) -> Radiologists | None:
    """Compare radiologists and model on the images of a table of predictions, as ``compare`` does.

    Args:
        table: table of N images, which need not have the column ``birads``.
        predictions: the model's predictions for these images.
        class_names: the C classes.
        positive_class: name of the positive class, or None.
        seed: random seed of the resampling.
    """
    if positive_class is None or BIRADS not in table:
        return None
    index = list(class_names).index(positive_class)
    return compare(
        predictions.truth == index,
        predictions.probabilities[:, index],
        list(table[BIRADS]),
        predictions.groups,
        positive_class=positive_class,
        seed=seed,
    )


def _biopsy(
    suspicion: NDArray[np.float64],
    named: NDArray[np.str_],
    positive: NDArray[np.bool_],
    labels: NDArray[np.int64],
) -> CategoryPoint | None:
    called = suspicion >= _BIOPSY
    if called.all() or not called.any():
        return None
    lowest = suspicion[called].min()
    return _point(str(named[suspicion == lowest][0]), called, positive, labels)


def _point(
    category: str, called: NDArray[np.bool_], positive: NDArray[np.bool_], labels: NDArray[np.int64]
) -> CategoryPoint:
    sensitivity = proportion_of_hits(called[positive], labels[positive])
    specificity = proportion_of_hits(~called[~positive], labels[~positive])
    if sensitivity is None or specificity is None:
        raise ValueError("a set without positive or without other images has no such point")
    return CategoryPoint(category=category, sensitivity=sensitivity, specificity=specificity)


def _model_at(
    advised: CategoryPoint,
    positive: NDArray[np.bool_],
    probability: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> Interval | None:
    _, (threshold,) = sensitivity_at_specificity(positive, probability, specificity=advised.specificity.value)
    return proportion_of_hits((probability >= threshold)[positive], labels[positive])


def _difference(
    positive: NDArray[np.bool_],
    suspicion: NDArray[np.float64],
    probability: NDArray[np.float64],
    labels: NDArray[np.int64],
    intervals: Sequence[Interval],
    rng: np.random.Generator,
) -> Interval:
    resampled = np.concatenate(
        [
            roc_areas(positive, probability, weights) - roc_areas(positive, suspicion, weights)
            for weights in resampled_weights(positive.astype(np.int64), labels, rng)
        ]
    )
    value = intervals[1].value - intervals[0].value
    found = percentile(value, resampled)
    if found.high - found.low < 1e-9:  # noqa: PLR2004 (rounding only)
        return independent_difference(intervals[1], intervals[0])
    return found
