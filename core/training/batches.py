"""Reproducible training batches: order, augmentation, mixup, targets and sample weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import keras
import numpy as np

from core.augmentation.ranges import AUGMENTATIONS, INTENSITY_RANGES
from core.augmentation.transform import augment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from core.augmentation.ranges import Augmentation
    from core.recipe import Recipe


def epoch_order(count: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of N images in an epoch, a permutation of [0, N)."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def balanced_order(cells: NDArray[np.int64], *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return N of N images for an epoch, in which every cell occurs equally often, in each batch too.

    Images of a large cell are left out, others in each epoch; those of a small cell recur.

    Args:
        cells: number of the cell of each image, such as its source and class, int64 [N].
        seed: random seed of the training.
        epoch: number of the epoch.
    """
    rng = np.random.default_rng([seed, epoch])
    numbers = np.unique(cells)
    each = -(-len(cells) // len(numbers))
    drawn = []
    for number in numbers:
        rows = np.flatnonzero(cells == number)
        drawn.append(np.concatenate([rng.permutation(rows) for _ in range(-(-each // len(rows)))])[:each])
    # One image of every cell after another, the cells in another order each time.
    turns = rng.permuted(np.stack(drawn, axis=1), axis=1)
    return np.asarray(turns.reshape(-1)[: len(cells)])


def repetitions(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each row of an order, [N], stands in it before, int64 [N]."""
    by_row = np.argsort(order, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(order[by_row]) != 0])
    found = np.empty(len(order), np.int64)
    found[by_row] = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    return found


def batch(
    images: NDArray[np.generic],
    rows: NDArray[np.int64],
    augmentation: Augmentation,
    *,
    seed: int,
    epoch: int,
    repetition: NDArray[np.int64] | None = None,
) -> NDArray[np.generic]:
    """Return rows of images, each augmented by a draw that depends on (seed, epoch, row, repetition) alone.

    A resumed training therefore sees the same images as an uninterrupted one.

    Args:
        images: [N, ...], uint8 if they are augmented.
        rows: B row numbers.
        augmentation: ranges of the draws.
        seed: random seed of the training.
        epoch: number of the epoch.
        repetition: how often each of the rows was in the epoch before, [B]; None where none was.
    """
    if augmentation == AUGMENTATIONS["none"]:
        return images[rows]
    again = np.zeros(len(rows), np.int64) if repetition is None else repetition
    return np.stack(
        [
            augment(
                images[row],
                augmentation,
                np.random.default_rng([seed, epoch, row, *([more] if more else [])]),
            )
            for row, more in zip(rows, again, strict=True)
        ]
    )


def lesion_fractions(
    masks: NDArray[np.uint8],
    rows: NDArray[np.int64],
    augmentation: Augmentation,
    grid: tuple[int, int],
    *,
    seed: int,
    epoch: int,
    repetition: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Return the fraction of lesion in each cell of a grid, under the same draws as ``batch``.

    Args:
        masks: segmentation masks from ``fit_masks``, uint8 [N, S, S, 3].
        rows: B row numbers.
        augmentation: ranges of the draws for the images.
        grid: height and width in cells.
        seed: random seed of the training.
        epoch: number of the epoch.
        repetition: as for ``batch``.

    Returns:
        float32 [B, h, w, 1], 0–1.
    """
    unchanged = AUGMENTATIONS["none"]
    geometry = augmentation.model_copy(update={name: getattr(unchanged, name) for name in INTENSITY_RANGES})
    moved = batch(masks, rows, geometry, seed=seed, epoch=epoch, repetition=repetition)
    cells = [cv2.resize(mask[..., 0], grid[::-1], interpolation=cv2.INTER_AREA) for mask in moved]
    fractions = np.stack(cells)[..., np.newaxis] / np.float32(255)
    return fractions.astype(np.float32)


# Takes the place of a row number in the random seed of a batch.
_BATCH_STREAM = 2**32 - 1
_TINY = np.finfo(np.float32).tiny
# Names of the outputs of a network with a segmentation task.
CLASS, LESION = "class", "lesion"


class Examples(NamedTuple):
    """Inputs and targets of a network.

    Attributes:
        inputs: images or features, uint8 or float32 [N, ...].
        targets: float32 [N, C], probability of each class; the rows sum to 1.
        weights: float32 [N], sample weights in the loss, with mean 1.
        lesions: targets of the segmentation task, or None.
        cells: number of the source and class of each example, int64 [N], where batches are balanced by them.
    """

    inputs: NDArray[np.generic]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    lesions: Lesions | None = None
    cells: NDArray[np.int64] | None = None


class Lesions(NamedTuple):
    """Targets of the segmentation task.

    Attributes:
        masks: segmentation masks from ``core.training.image_cache.fit_masks``, uint8 [N, S, S, 3].
        has_mask: bool [N]; images without a mask have weight 0 in this task.
        grid: height and width of the network's last feature map, cells.
    """

    masks: NDArray[np.uint8]
    has_mask: NDArray[np.bool_]
    grid: tuple[int, int]


def one_hot(labels: NDArray[np.int64], class_count: int) -> NDArray[np.float32]:
    """Return the one-hot encoding, float32 [N, C], of labels, int [N]."""
    return np.eye(class_count, dtype=np.float32)[labels]


def class_weights(labels: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float32]:
    """Return the sample weights, float32 [N]; ``balanced`` is scikit-learn's N / (C · N_class)."""
    if recipe.class_weight == "none":
        return np.ones(len(labels), np.float32)
    present, positions, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return (len(labels) / (len(present) * counts)).astype(np.float32)[positions]


class Batches(keras.utils.PyDataset):
    """The batches of one epoch, prepared in a thread beside the training."""

    def __init__(
        self,
        examples: Examples,
        augmentation: Augmentation,
        *,
        batch_size: int,
        seed: int,
        epoch: int,
        mixup: float = 0,
        shuffle: bool = False,
        replicas: int = 1,
    ) -> None:
        """Plan an epoch.

        Args:
            examples: N inputs and targets.
            augmentation: ranges of the augmentation.
            batch_size: size of all batches but the last, which may be smaller.
            seed: random seed of the training.
            epoch: number of the epoch.
            mixup: alpha of the Beta distribution of mixup's mixing weight, one per batch (Zhang et al. 2018);
                0 for no mixup.
            shuffle: whether to shuffle the examples.
            replicas: number of devices that divide each batch among them. A batch that they cannot divide
                evenly is padded with examples of its own, which have no weight in the loss.
        """
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._examples, self._augmentation, self._mixup = examples, augmentation, mixup
        self._seed, self._epoch, self._size, self._replicas = seed, epoch, batch_size, replicas
        count = len(examples.inputs)
        if not shuffle:
            self._order = np.arange(count)
        elif examples.cells is None:
            self._order = epoch_order(count, seed=seed, epoch=epoch)
        else:
            self._order = balanced_order(examples.cells, seed=seed, epoch=epoch)
        self._repetitions = repetitions(self._order)

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self._size)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        """Return inputs, targets and sample weights of a batch: arrays [B, ...], or dictionaries by task."""
        inputs, targets, weights = self._batch(number)
        count = len(inputs)
        surplus = -count % self._replicas
        if not surplus:
            return inputs, targets, weights
        # Keras means the loss on each device and then over the devices. An uneven division would give the
        # examples of one device more weight than those of another, and a device without any would fail.
        rows = np.arange(count + surplus) % count
        scale = np.where(np.arange(count + surplus) < count, (count + surplus) / count, 0).astype(np.float32)

        def scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
            return values[rows] * scale.reshape(-1, *[1] * (values.ndim - 1))

        return (
            inputs[rows],
            keras.tree.map_structure(lambda values: values[rows], targets),
            keras.tree.map_structure(scaled, weights),
        )

    def _batch(self, number: int) -> tuple[Any, ...]:
        of_batch = slice(number * self._size, (number + 1) * self._size)
        rows = self._order[of_batch]
        examples, lesions = self._examples, self._examples.lesions
        draws: dict[str, Any] = {
            "seed": self._seed,
            "epoch": self._epoch,
            "repetition": self._repetitions[of_batch],
        }
        mix = self._draw_mix(number, len(rows))
        inputs = batch(examples.inputs, rows, self._augmentation, **draws)
        if self._mixup:
            inputs = mix(inputs.astype(np.float32))
        targets, weights = _mix_weighted(mix, examples.targets[rows], examples.weights[rows])
        if lesions is None:
            return inputs, targets, weights
        fractions = lesion_fractions(lesions.masks, rows, self._augmentation, lesions.grid, **draws)
        fractions, mask_weights = _mix_weighted(mix, fractions, lesions.has_mask[rows].astype(np.float32))
        by_cell = mask_weights[:, np.newaxis, np.newaxis]
        return inputs, {CLASS: targets, LESION: fractions}, {CLASS: weights, LESION: by_cell}

    def _draw_mix(self, number: int, count: int) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        if not self._mixup:
            return lambda values: values
        rng = np.random.default_rng([self._seed, self._epoch, _BATCH_STREAM, number])
        own, other = np.float32(rng.beta(self._mixup, self._mixup)), rng.permutation(count)
        return lambda values: own * values + (1 - own) * values[other]


def _mix_weighted(
    mix: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mix values [B, ...] in proportion to the sample weights [B], so that rare classes keep their weight."""
    shape = (-1, *[1] * (values.ndim - 1))
    total = mix(weights)
    mixed = mix(values * weights.reshape(shape)) / np.maximum(total, _TINY).reshape(shape)
    return mixed.astype(np.float32), total
