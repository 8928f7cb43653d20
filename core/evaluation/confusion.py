"""Predicted classes, and the confusion matrix with its margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import proportion_of_hits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from core.evaluation.results import Interval


UNANSWERED = -1
"""In place of a predicted class: a reader gave none."""


class Margins(NamedTuple):
    """Margins of a confusion matrix, each with its 95 % confidence interval.

    Attributes:
        accuracy: share of images predicted as their true class.
        recall: sensitivity of each class; None where the class has no image.
        specificity: specificity of each class against the rest; None where no image is of another class.
        precision: precision of each class; None where no image is predicted as it.
    """

    accuracy: Interval | None
    recall: tuple[Interval | None, ...]
    specificity: tuple[Interval | None, ...]
    precision: tuple[Interval | None, ...]


def decide(
    probabilities: ArrayLike, positive_index: int | None = None, threshold: float | None = None
) -> NDArray[np.int64]:
    """Return the predicted class of each image, int64 [N].

    Without a threshold it is the most probable class. With one it is the positive class where its
    probability is at least the threshold, and else the most probable **other** class, even where the
    positive class is the most probable of all.

    Args:
        probabilities: float [N, C].
        positive_index: index of the positive class, or None.
        threshold: probability of the positive class, 0-1, or None.
    """
    matrix = np.asarray(probabilities, np.float64)
    if positive_index is None or threshold is None:
        return matrix.argmax(axis=1)
    others = matrix.copy()
    others[:, positive_index] = -np.inf
    return np.where(matrix[:, positive_index] >= threshold, positive_index, others.argmax(axis=1))


def count(true_class: ArrayLike, predicted_class: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Return the confusion matrix, int64 [C, C]: rows are true classes, columns predicted ones.

    Args:
        true_class: int [N].
        predicted_class: int [N], from ``decide``; images that are ``UNANSWERED`` are not counted.
        classes: number of classes C.
    """
    truth, predicted = np.asarray(true_class, np.int64), np.asarray(predicted_class, np.int64)
    answered = predicted != UNANSWERED
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (truth[answered], predicted[answered]), 1)
    return matrix


def margins(true_class: ArrayLike, predicted_class: ArrayLike, groups: ArrayLike, classes: int) -> Margins:
    """Return the margins of a confusion matrix; intervals are for the effective number of groups.

    An image that is ``UNANSWERED`` counts as an error everywhere: in accuracy, in the recall of its class,
    and in the specificity of all others.

    Args:
        true_class: int [N].
        predicted_class: int [N], from ``decide``, or ``UNANSWERED``.
        groups: group labels [N]; images of one group are not independent.
        classes: number of classes C.
    """
    truth, predicted = np.asarray(true_class, np.int64), np.asarray(predicted_class, np.int64)
    labels = np.unique(np.asarray(groups), return_inverse=True)[1]
    answered = predicted != UNANSWERED

    def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval | None:
        return proportion_of_hits(hits[among], labels[among])

    each = range(classes)
    return Margins(
        accuracy=proportion_of_hits(truth == predicted, labels),
        recall=tuple(share(predicted == index, truth == index) for index in each),
        specificity=tuple(share(answered & (predicted != index), truth != index) for index in each),
        precision=tuple(share(truth == index, predicted == index) for index in each),
    )
