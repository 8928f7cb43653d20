"""What a split does to groups of near-duplicates: how many test images have one in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

Way = Literal["at random", "by group"]


class Labelled(NamedTuple):
    """N images: their class, int64 [N] of 0 to C - 1, and their group, int64 [N] of 0 to G - 1."""

    classes: NDArray[np.int64]
    groups: NDArray[np.int64]


class Outcome(NamedTuple):
    """What a split leads to.

    Attributes:
        test: images in the test set.
        copied: those of them with a near-duplicate in the training set.
        recalled: share of the test set, 0-1, that is called rightly by looking for a copy alone.
        guessed: the same by always naming the most frequent class.
    """

    test: int
    copied: int
    recalled: float
    guessed: float


def labelled(images: pd.DataFrame) -> Labelled:
    """Number the classes (by name) and the groups of N images."""
    classes = pd.Categorical(images["class"]).codes.astype(np.int64)
    return Labelled(classes, pd.factorize(images["group"])[0].astype(np.int64))


def draw_test_part(images: Labelled, way: Way, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw a test set, bool [N], with about the same share of every class.

    Args:
        images: N of them.
        way: ``at random`` draws images; ``by group`` draws whole groups, each counted to the class of its
            first image, as long as they fit into the share.
        share: of the images, 0-1.
        rng: draws.
    """
    units = images.groups if way == "by group" else np.arange(len(images.groups))
    _, first, size = np.unique(units, return_index=True, return_counts=True)
    order = rng.permutation(len(first))
    taken = np.zeros(len(first), bool)
    for number in range(int(images.classes.max()) + 1):
        of_class = order[images.classes[first[order]] == number]
        room = round(share * int((images.classes == number).sum()))
        taken[of_class] = np.cumsum(size[of_class]) <= room
    return taken[np.searchsorted(np.unique(units), units)]


def outcome(images: Labelled, test: NDArray[np.bool_]) -> Outcome:
    """Look for copies across a split, bool [N], and let a look-up that has learnt nothing classify.

    The look-up names the most frequent class among a test image's copies in the training set, and the
    most frequent class of the training set where there is none.
    """
    classes, groups = images
    count = int(classes.max()) + 1
    trained = np.zeros((int(groups.max()) + 1, count), np.int64)
    np.add.at(trained, (groups[~test], classes[~test]), 1)
    has_copy = trained[groups[test]].sum(axis=1) > 0
    frequent = int(trained.sum(axis=0).argmax())
    said = np.where(has_copy, trained[groups[test]].argmax(axis=1), frequent)
    true = classes[test]
    tested = max(len(true), 1)
    return Outcome(
        len(true),
        int(has_copy.sum()),
        float(np.count_nonzero(said == true) / tested),
        float(np.count_nonzero(true == frequent) / tested),
    )


def outcomes(images: Labelled, way: Way, share: float, draws: int, seed: int) -> list[Outcome]:
    """Draw that many test sets, one from each of the seeds [seed, 0], [seed, 1] and so on."""
    return [
        outcome(images, draw_test_part(images, way, share, np.random.default_rng([seed, number])))
        for number in range(draws)
    ]
