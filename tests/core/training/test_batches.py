"""Batches: order and augmentation repeat with the seed; mixup and lesions follow their images."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import cv2
import numpy as np
import pytest

from core.augmentation.draw import Draw, sample_draw
from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply
from core.recipe import Recipe
from core.training.batches import (
    CLASS,
    LESION,
    Batches,
    Examples,
    Lesions,
    balanced_order,
    batch,
    class_weights,
    epoch_order,
    lesion_fractions,
    one_hot,
    repetitions,
)


def test_an_epoch_has_its_own_order_which_the_seed_repeats() -> None:
    orders = [epoch_order(50, seed=seed, epoch=epoch).tolist() for seed, epoch in ((0, 1), (0, 2), (1, 1))]
    assert [sorted(order) for order in orders] == [list(range(50))] * 3
    assert len({tuple(order) for order in orders}) == 3
    assert epoch_order(50, seed=0, epoch=2).tolist() == orders[1]


def test_an_image_is_augmented_alike_in_whatever_batch_it_is() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    strong = AUGMENTATIONS["strong"]
    together = batch(images, np.arange(6), strong, seed=1, epoch=2)
    alone = batch(images, np.array([4]), strong, seed=1, epoch=2)
    np.testing.assert_array_equal(alone[0], together[4])
    assert (batch(images, np.array([4]), strong, seed=1, epoch=3)[0] != together[4]).any()


def test_balanced_batches_hold_every_source_and_class_alike() -> None:
    # Two sources, of which the small one has 3 images of a class and the large one 60.
    cells = np.repeat([0, 1, 2, 3], [60, 30, 3, 7])
    order = balanced_order(cells, seed=1, epoch=1)
    assert len(order) == 100
    for start in range(0, 100, 8):
        counts = np.bincount(cells[order[start : start + 8]], minlength=4)
        assert counts.max() - counts.min() <= 1
    assert set(np.flatnonzero(cells >= 2)) <= set(order)
    assert order.tolist() == balanced_order(cells, seed=1, epoch=1).tolist()
    later = set(np.concatenate([balanced_order(cells, seed=1, epoch=epoch) for epoch in range(1, 12)]))
    assert later == set(range(100))


def test_an_image_that_recurs_in_an_epoch_is_augmented_anew() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    cells = np.array([0, 0, 1])
    batches = Batches(
        Examples(images, one_hot(cells, 2), np.ones(3, np.float32), cells=cells),
        AUGMENTATIONS["strong"],
        batch_size=3,
        seed=1,
        epoch=1,
        shuffle=True,
    )
    order = balanced_order(cells, seed=1, epoch=1)
    assert repetitions(np.array([2, 0, 2, 2, 1, 0])).tolist() == [0, 0, 1, 2, 0, 1]
    inputs, targets, _ = batches[0]
    np.testing.assert_array_equal(targets.argmax(axis=1), cells[order])
    twice = batch(images, np.array([2, 2]), AUGMENTATIONS["strong"], seed=1, epoch=1, repetition=np.arange(2))
    assert (twice[0] != twice[1]).any()
    np.testing.assert_array_equal(inputs[order == 2][0], twice[0])  # as in an epoch without repetitions


def test_balanced_classes_count_alike() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [2])
    weights = class_weights(labels, Recipe(class_weight="balanced"))
    assert [weights[labels == label].sum() for label in range(3)] == pytest.approx([10 / 3] * 3)
    assert weights.mean() == pytest.approx(1)


def test_mixed_images_have_mixed_targets_and_rare_classes_keep_their_weight() -> None:
    labels = np.arange(64) % 2
    images = np.broadcast_to((labels * 200).astype(np.uint8)[:, None, None, None], (64, 4, 4, 3))
    masks = np.broadcast_to((labels * 255).astype(np.uint8)[:, None, None, None], (64, 4, 4, 3))
    known = np.ones(64, bool)
    weights = np.where(labels == 1, 1.5, 0.5).astype(np.float32)
    examples = Examples(images, one_hot(labels, 2), weights, Lesions(masks, known, (2, 2)))
    options = {"batch_size": 64, "seed": 3, "epoch": 1}
    batches = Batches(examples, AUGMENTATIONS["none"], mixup=0.4, shuffle=True, **options)
    mixed, targets, mixed_weights = batches[0]
    share = mixed[:, 0, 0, 0] / 200
    assert set(np.unique(share)) != {0, 1}
    expected = 1.5 * share / (1.5 * share + 0.5 * (1 - share))
    np.testing.assert_allclose(targets[CLASS][:, 1], expected, atol=1e-5)
    np.testing.assert_allclose(mixed_weights[CLASS], 1.5 * share + 0.5 * (1 - share), atol=1e-5)
    np.testing.assert_allclose(targets[LESION][:, 0, 0, 0], share, atol=1e-5)
    plain = Batches(examples, AUGMENTATIONS["none"], **options)[0]
    np.testing.assert_array_equal(plain[0], images)
    np.testing.assert_array_equal(plain[1][CLASS], examples.targets)


def test_the_lesion_moves_with_its_image() -> None:
    mask = np.zeros((1, 64, 64, 3), np.uint8)
    cv2.circle(mask[0], (20, 40), 9, (255, 255, 255), -1)
    # The tone must not reach the mask.
    dark = AUGMENTATIONS["strong"].model_copy(update={"brightness_range": (0.7, 0.7)})
    shares = lesion_fractions(mask, np.array([0]), dark, (8, 8), seed=5, epoch=2)
    geometry = Draw(*sample_draw(dark, np.random.default_rng([5, 2, 0]), (64, 64))[:7])
    cells = cv2.resize(apply(mask[0], geometry)[..., 0], (8, 8), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(shares[0, ..., 0], cells / 255, atol=0.002)
    assert 0.8 < shares.max() <= 1


def test_devices_that_divide_a_batch_mean_the_loss_of_its_images() -> None:
    rng = np.random.default_rng(0)
    masks = rng.integers(0, 256, (7, 4, 4, 3), dtype=np.uint8)
    weights = rng.uniform(0.5, 1.5, 7).astype(np.float32)
    examples = Examples(
        masks, one_hot(np.arange(7) % 3, 3), weights, Lesions(masks, np.arange(7) > 1, (2, 2))
    )
    options = {"batch_size": 5, "seed": 0, "epoch": 1, "mixup": 0.4, "shuffle": True}
    one, three = (Batches(examples, AUGMENTATIONS["none"], **options, replicas=count) for count in (1, 3))

    def loss(weights: np.ndarray, targets: np.ndarray) -> np.ndarray:
        # Stands for the loss of an image, which is some function of its targets.
        return weights * (targets**2).reshape((*weights.shape, -1)).mean(-1)

    for number, count in enumerate((5, 2)):
        (_, targets, weights), padded = one[number], three[number]
        np.testing.assert_array_equal(padded[0][:count], one[number][0])
        for task in (CLASS, LESION):
            devices = np.split(loss(padded[2][task], padded[1][task]), 3)
            expected = loss(weights[task], targets[task]).mean()
            assert np.mean([each.mean() for each in devices]) == pytest.approx(expected)
