"""What the paper says, what follows from its numbers, and where each figure comes from.

T. L. Nikmah et al., "Inception ResNet v2 for Early Detection of Breast Cancer in Ultrasound Images",
JOISER 2(2), 2024, doi 10.52465/joiser.v2i2.439.

The paper names neither the data set nor masks nor a batch size. Whatever is inferred here is called so.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

CITATION = (
    "T. L. Nikmah et al., “Inception ResNet v2 for Early Detection of Breast Cancer in Ultrasound Images”, "
    "JOISER 2(2), 2024, doi 10.52465/joiser.v2i2.439"
)
CLASSES = ("benign", "malignant", "normal")

AUGMENTATION = {
    "rotation_range": "20",
    "zoom_range": "0.2",
    "shear_range": "0.2",
    "fill_mode": "nearest",
    "rescale": "1/255",
    "validation_split": "0.2",
    "target_size": "150 × 150",
    "class_mode": "categorical",
}
"""Table 1: the settings of Keras's ImageDataGenerator."""

MODEL = (
    "InceptionResNetV2, ImageNet weights",
    "Flatten",
    "Dense 256, ReLU",
    "Dropout 0.2",
    "Dense 3, softmax",
)
"""Table 2: the layers."""

TRAINING = {
    "epochs": "10",
    "steps per epoch": "143",
    "loss": "categorical cross-entropy",
    "optimiser": "Adam, learning rate 0.001",
    "metric": "accuracy",
    "data": "70 % training, 20 % validation, 10 % test",
}
"""The text beside Table 2."""

BEST_EPOCH = 5
"""The epoch that the paper calls best: the highest training accuracy, tied with epoch 4 (Table 3)."""

TEST_ACCURACY = 0.90
"""The test accuracy that the paper states, in whole percent."""

NAMED_ERRORS = {("benign", "malignant"): 2, ("malignant", "benign"): 8, ("normal", "benign"): 6}
"""Errors in the text, (true class, predicted class) → images."""

INFERRED_SIZES = {"train": 1138, "validation": 283, "test": 157}
"""Inferred, not stated: every accuracy of Table 3 is k/1138 and every val_accuracy k/283, to four digits.
With a tenth of each class for the test set, the three add up to 1578, the number of all PNG files of BUSI,
masks included. At batch size 8, 1138 files make the 143 steps that the paper states."""

BUSI_FILES_BY_CLASS = {
    "images": {"benign": 437, "malignant": 210, "normal": 133},
    "masks": {"benign": 454, "malignant": 211, "normal": 133},
}
"""Al-Dhabyani et al. 2020, Data in Brief 28, counted in the data set itself."""

BUSI_FILES = {kind: sum(counts.values()) for kind, counts in BUSI_FILES_BY_CLASS.items()}
"""780 images and 798 masks."""

RECONSTRUCTED_CONFUSION_MATRIX = ((87, 2, 0), (8, 34, 0), (6, 0, 20))
"""Reconstructed, not printed in the paper: rows are true, columns predicted classes, both as in ``CLASSES``.
The inferred test set has 89, 42 and 26 files; of 157, only 15 or 16 errors round to 90 %, so the 16 errors
named in the text are all of them."""


class EarlierWork(NamedTuple):
    """A result that the paper compares itself with; ``accuracy`` is 0–1."""

    who: str
    accuracy: float
    remark: str


EARLIER_WORK = (
    EarlierWork("Zeimarani", 0.8707, ""),
    EarlierWork("Ahmed", 0.881, ""),
    EarlierWork("Karthik", 0.9215, "above the paper's own 90 %"),
    EarlierWork("Badawy", 0.8293, "the same network, InceptionResNetV2"),
)
"""The paper's comparison with earlier work."""

EARLIER_WORK_CAVEAT = (
    "These were measured on other data and other splits, so neither the paper's figure nor any of ours "
    "can be compared with them."
)


class Inconsistency(NamedTuple):
    """What the paper says, what speaks against it, and where both stand."""

    stated: str
    found: str
    source: str


INCONSISTENCIES = (
    Inconsistency(
        "70 % of the data for training, 20 % for validation, 10 % for the test.",
        "The sizes that fit its numbers, 1138, 283 and 157, are 72, 18 and 10 %: 20 % was taken of what the "
        "test set had left.",
        "Text beside Table 2; the sizes are inferred from Table 3.",
    ),
    Inconsistency(
        "Epoch 5 is the best.",
        "It has the highest training accuracy, tied with epoch 4; by validation accuracy epoch 10 is best.",
        "Table 3.",
    ),
    Inconsistency(
        "Augmentation changes brightness and contrast.",
        "The settings name no such change: rotation, zoom and shear only.",
        "Text on Figure 4; Table 1.",
    ),
    Inconsistency(
        "Augmentation shears by 0.2.",
        "Keras's generator takes degrees, and 0.2 of a degree cannot be seen.",
        "Table 1; Keras's documentation of ImageDataGenerator.",
    ),
    Inconsistency(
        "Validation images are split off by the generator that augments.",
        "Keras then augments them as well, so its val_accuracy is that of altered images.",
        "Table 1; inferred from how Keras applies validation_split.",
    ),
    Inconsistency(
        "It compares its 90 % with four earlier results.",
        "One of them, 92.15 %, lies above its own.",
        "The paper's comparison with earlier work.",
    ),
)
"""Where the paper contradicts itself or the tools it names."""

NOT_SAID = (
    "which data set it used",
    "whether segmentation masks were among the images",
    "the batch size",
    "whether the base was frozen",
    "how the test set was drawn",
)

_TABLE_3 = (
    (0.8620, 0.7809),
    (0.8524, 0.7951),
    (0.8620, 0.8269),
    (0.8972, 0.8481),
    (0.8972, 0.8799),
    (0.8032, 0.4417),
    (0.8049, 0.8481),
    (0.8462, 0.7350),
    (0.8787, 0.8339),
    (0.8928, 0.8975),
)


def history() -> pd.DataFrame:
    """Return Table 3: one row per epoch with ``epoch``, ``accuracy`` and ``val_accuracy``, 0–1."""
    table = pd.DataFrame(_TABLE_3, columns=["accuracy", "val_accuracy"])
    table.insert(0, "epoch", range(1, len(table) + 1))
    return table


def best_by_validation() -> int:
    """Return the epoch of Table 3 with the highest val_accuracy, counted from 1."""
    return int(history()["val_accuracy"].argmax()) + 1
