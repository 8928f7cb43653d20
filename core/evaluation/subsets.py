"""Metrics of the images of one source, or with one value of a column, such as the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from core.evaluation.metrics import evaluate
from core.evaluation.results import Metrics
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

AS_PREDICTED = "as the model predicts"
AMONG_PRESENT = "among the classes present"


class SubsetMetrics(Strict):
    """Metrics of the images with one value of a column, in two forms where a class is absent."""

    column: str
    value: str
    as_predicted: Metrics = Field(
        description="an image that is predicted as a class without images counts as an error"
    )
    among_present: Metrics | None = Field(
        description="probabilities renormalised over the classes that have images; None where all have some, "
        "or one alone has"
    )


def measure_subsets(
    true_class: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike,
    columns: Mapping[str, Sequence[str]],
    **options: Any,
) -> tuple[SubsetMetrics, ...]:
    """Measure the images of each value of some columns; images without a value belong to none.

    Args:
        true_class: int [N], indices into ``class_names``.
        probabilities: float [N, C].
        groups: group labels [N].
        columns: name of a column → its value for each image, [N]; a column with one value is left out.
        options: ``class_names``, ``positive_class``, ``threshold`` and ``seed`` of ``evaluate``.
    """
    truth, matrix, labels = np.asarray(true_class), np.asarray(probabilities), np.asarray(groups)
    found = []
    for column, values in columns.items():
        known = np.asarray(values, str)
        names = sorted(set(known) - {""})
        if len(names) < 2 and (known != "").all():  # noqa: PLR2004
            continue
        for name in names:
            rows = known == name
            found.append(
                SubsetMetrics(
                    column=column,
                    value=name,
                    as_predicted=evaluate(truth[rows], matrix[rows], labels[rows], **options),
                    among_present=_among_present(truth[rows], matrix[rows], labels[rows], **options),
                )
            )
    return tuple(found)


def renormalised(
    true_class: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], list[int]]:
    """Restrict predictions to the classes that have images.

    Args:
        true_class: int [N].
        probabilities: float [N, C].

    Returns:
        True classes as indices into the K present classes, int64 [N]; their probabilities, float64 [N, K],
        each row summing to 1 (uniform where all of them are 0); and the indices of the present classes.
    """
    present, truth = np.unique(true_class, return_inverse=True)
    kept = probabilities[:, present].astype(np.float64)
    total = kept.sum(axis=1, keepdims=True)
    kept = np.where(total > 0, kept / np.where(total > 0, total, 1), 1 / len(present))
    return truth.astype(np.int64), kept, present.tolist()


def _among_present(
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    labels: NDArray[Any],
    *,
    class_names: Sequence[str],
    positive_class: str | None,
    threshold: float | None,
    seed: int,
) -> Metrics | None:
    restricted, kept, present = renormalised(truth, probabilities)
    names = [class_names[index] for index in present]
    if len(names) in (1, len(class_names)):
        return None
    return evaluate(
        restricted,
        kept,
        labels,
        class_names=names,
        positive_class=positive_class if positive_class in names else None,
        threshold=threshold,
        seed=seed,
    )
