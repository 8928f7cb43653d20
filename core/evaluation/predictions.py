"""Probabilities, classes and groups in tables of predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray


class LabelledPredictions(NamedTuple):
    """Predictions for N images of known classes; ``core.evaluation`` takes them in this order.

    Attributes:
        truth: index of the true class, int64 [N].
        probabilities: float64 [N, C], each row summing to 1.
        groups: group labels [N]; images of one group (near-duplicates, one patient) are not independent.
    """

    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    groups: NDArray[Any]

    @classmethod
    def from_table(cls, table: pd.DataFrame, class_names: Sequence[str]) -> Self:
        """Return the predictions in a table.

        Args:
            table: N rows with ``true_class``, ``group``, and a probability per class.
            class_names: the C classes.
        """
        return cls(
            class_indices(table["true_class"], class_names),
            probability_matrix(table, class_names),
            table["group"].to_numpy(),
        )


def probability_columns(class_names: Sequence[str]) -> list[str]:
    """Return the names of the probability columns, in class order."""
    return [f"p_{name}" for name in class_names]


def probability_matrix(table: pd.DataFrame, class_names: Sequence[str]) -> NDArray[np.float64]:
    """Return the probabilities in a table of predictions, float64 [N, C], in class order."""
    return table[probability_columns(class_names)].to_numpy(np.float64)


def log_probabilities(table: pd.DataFrame, class_names: Sequence[str]) -> NDArray[np.float64]:
    """Return the logarithms of the probabilities in a table, float64 [N, C]; 0 counts as float32's least."""
    return np.log(np.maximum(probability_matrix(table, class_names), np.finfo(np.float32).tiny))


def row_probabilities(row: Mapping[Any, Any], class_names: Sequence[str]) -> dict[str, float]:
    """Return the probabilities in one row of a table of predictions by class name, in class order."""
    return {name: float(row[f"p_{name}"]) for name in class_names}


def class_indices(labels: Iterable[str], class_names: Sequence[str]) -> NDArray[np.int64]:
    """Return the index of each of N labels in the class names, int64 [N]."""
    places = {name: index for index, name in enumerate(class_names)}
    return np.array([places[label] for label in labels], np.int64)
