"""From probabilities to called classes, and from those to a confusion matrix with its margins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.evaluation.intervals import Interval, wilson_of_hits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Margins(NamedTuple):
    """What stands beside and under a confusion matrix, each with its 95 % interval.

    Attributes:
        accuracy: share of images called by their true class.
        recall: of each class (its sensitivity), None where the class has no image.
        specificity: of each class against the rest, None where no image is of another class.
        precision: of each class, None where no image is called so.
    """

    accuracy: Interval | None
    recall: tuple[Interval | None, ...]
    specificity: tuple[Interval | None, ...]
    precision: tuple[Interval | None, ...]


def decide(
    probabilities: ArrayLike, positive_index: int | None = None, threshold: float | None = None
) -> NDArray[np.int64]:
    """Return the class that each image is called, int64 [N].

    Without a threshold it is the most probable class. With one, an image is called positive from that
    probability on, and else by the most probable of the **other** classes: so below the threshold it is not
    called positive even where that class is the most probable one.

    Args:
        probabilities: float [N, C].
        positive_index: the class that the threshold is for.
        threshold: 0-1.
    """
    chances = np.asarray(probabilities, np.float64)
    if positive_index is None or threshold is None:
        return chances.argmax(axis=1)
    others = chances.copy()
    others[:, positive_index] = -np.inf
    return np.where(chances[:, positive_index] >= threshold, positive_index, others.argmax(axis=1))


def count(true_class: ArrayLike, called: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Return the confusion matrix, int64 [C, C]: rows are true classes, columns the called ones."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (np.asarray(true_class, np.int64), np.asarray(called, np.int64)), 1)
    return matrix


def margins(true_class: ArrayLike, called: ArrayLike, groups: ArrayLike, classes: int) -> Margins:
    """Measure a confusion matrix by its images; intervals are Wilson's at the effective number of groups.

    Args:
        true_class: int [N].
        called: int [N], of ``decide``.
        groups: labels [N] of images that are not independent.
        classes: their number C.
    """
    truth, calls = np.asarray(true_class, np.int64), np.asarray(called, np.int64)
    labels = np.unique(np.asarray(groups), return_inverse=True)[1]

    def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval | None:
        return wilson_of_hits(hits[among], labels[among])

    each = range(classes)
    return Margins(
        accuracy=wilson_of_hits(truth == calls, labels),
        recall=tuple(share(calls == index, truth == index) for index in each),
        specificity=tuple(share(calls != index, truth != index) for index in each),
        precision=tuple(share(truth == index, calls == index) for index in each),
    )
