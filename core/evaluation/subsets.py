"""Metrics of the images of one source, or with one value of a column, such as the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.lesion_size import size_of
from core.data.provenance import KNOWN_COLUMNS, LESION_AREA
from core.evaluation.metrics import evaluate
from core.evaluation.results import Metrics, SubsetMetrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

MAX_VALUES = 50  # of a column; one with more tells single images apart, as a serial number does


def columns_of(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return what ``measure_subsets`` tells images apart by: source, known columns, and size of the lesion.

    Args:
        table: a table of predictions or of images, such as ``test_set.parquet``.
    """
    columns = {name: list(table[name]) for name in ("source", *KNOWN_COLUMNS) if name in table}
    if LESION_AREA in table:
        columns[LESION_AREA] = [size_of(area) for area in table[LESION_AREA]]
    return columns


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
        columns: name of a column → its value for each image, [N]; a column with one value for all images, or
            with more than ``MAX_VALUES`` values, is left out. One value that some images lack is measured.
        options: ``class_names``, ``positive_class``, ``threshold`` and ``seed`` of ``evaluate``.

    Returns:
        The images of each value; ``among_present`` is None where all classes have images, or one alone has.
    """
    truth, matrix, labels = np.asarray(true_class), np.asarray(probabilities), np.asarray(groups)
    found = []
    for column, values in columns.items():
        known = np.asarray(values, str)
        names = sorted(set(known) - {""})
        if len(names) > MAX_VALUES or len(set(known)) == 1:
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
