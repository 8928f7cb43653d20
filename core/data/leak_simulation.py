"""Simulate the leak of a split: how many test images have a near-duplicate in the training set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

SplitMethod = Literal["at random", "by group"]


class GroupedImages(NamedTuple):
    """The classes and groups of N images.

    Attributes:
        classes: class number of each image, int64 [N], 0 to C - 1.
        groups: near-duplicate group of each image, int64 [N], 0 to G - 1.
        split_groups: group of each image that a split by group keeps in one set, int64 [N]: near-duplicate
            groups, joined with patient ids where known.
    """

    classes: NDArray[np.int64]
    groups: NDArray[np.int64]
    split_groups: NDArray[np.int64]


class Leak(NamedTuple):
    """The leak of one split.

    Attributes:
        test: number of test images.
        leaked: number of test images with a near-duplicate in the training set.
        lookup_accuracy: accuracy of the look-up, 0–1; see ``measure``.
        majority_accuracy: accuracy of always predicting the most frequent class, 0–1.
    """

    test: int
    leaked: int
    lookup_accuracy: float
    majority_accuracy: float


def encode(images: pd.DataFrame) -> GroupedImages:
    """Number the classes, sorted by name, and the groups of a table.

    Args:
        images: table of N images with ``class``, ``group`` and ``split_group``.
    """
    classes = pd.Categorical(images["class"]).codes.astype(np.int64)
    groups, split_groups = (
        pd.factorize(images[name])[0].astype(np.int64) for name in ("group", "split_group")
    )
    return GroupedImages(classes, groups, split_groups)


def draw_test_set(
    images: GroupedImages, method: SplitMethod, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw a test set, stratified by class.

    Args:
        images: classes and groups of N images.
        method: ``at random`` draws single images; ``by group`` draws whole split groups, as long as they
            fit into the share of their first image's class.
        share: share of the test set, 0–1.
        rng: random generator; its state advances.

    Returns:
        Whether each image is in the test set, bool [N].
    """
    units = images.split_groups if method == "by group" else np.arange(len(images.groups))
    _, first, size = np.unique(units, return_index=True, return_counts=True)
    order = rng.permutation(len(first))
    taken = np.zeros(len(first), bool)
    for number in range(int(images.classes.max()) + 1):
        of_class = order[images.classes[first[order]] == number]
        room = round(share * int((images.classes == number).sum()))
        taken[of_class] = np.cumsum(size[of_class]) <= room
    return taken[np.searchsorted(np.unique(units), units)]


def measure(images: GroupedImages, test: NDArray[np.bool_]) -> Leak:
    """Measure the leak of a split with a look-up classifier, which learns nothing from the images.

    The look-up predicts the most frequent class among a test image's near-duplicates in the training set, or
    the most frequent class of the training set if there are none.

    Args:
        images: classes and groups of N images.
        test: whether each image is in the test set, bool [N]; the others are the training set.
    """
    classes, groups = images.classes, images.groups
    count = int(classes.max()) + 1
    trained = np.zeros((int(groups.max()) + 1, count), np.int64)
    np.add.at(trained, (groups[~test], classes[~test]), 1)
    leaked = trained[groups[test]].sum(axis=1) > 0
    frequent = int(trained.sum(axis=0).argmax())
    predicted = np.where(leaked, trained[groups[test]].argmax(axis=1), frequent)
    true = classes[test]
    tested = max(len(true), 1)
    return Leak(
        len(true),
        int(leaked.sum()),
        float(np.count_nonzero(predicted == true) / tested),
        float(np.count_nonzero(true == frequent) / tested),
    )


def simulate(images: GroupedImages, method: SplitMethod, share: float, splits: int, seed: int) -> list[Leak]:
    """Draw many splits and measure the leak of each.

    Args:
        images: classes and groups of N images.
        method: method of ``draw_test_set``.
        share: share of the test set, 0–1.
        splits: number of splits.
        seed: random seed; split k is drawn from the seed [seed, k].
    """
    return [
        measure(images, draw_test_set(images, method, share, np.random.default_rng([seed, number])))
        for number in range(splits)
    ]
