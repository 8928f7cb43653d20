"""Statements of the paper, what follows from its numbers, and the source of each number.

T. L. Nikmah et al., "Inception ResNet v2 for Early Detection of Breast Cancer in Ultrasound Images",
JOISER 2(2), 2024, doi 10.52465/joiser.v2i2.439.

The paper names neither the data set nor masks nor a batch size. Inferences are marked as such.
"""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

CITATION = (
    "T. L. Nikmah et al., “Inception ResNet v2 for Early Detection of Breast Cancer in Ultrasound Images”, "
    "JOISER 2(2), 2024, doi 10.52465/joiser.v2i2.439"
)
CLASSES = ("benign", "malignant", "normal")

TRAINING = {
    "epochs": "10",
    "steps per epoch": "143",
    "loss": "categorical cross-entropy",
    "optimiser": "Adam, learning rate 0.001",
    "metric": "accuracy",
    "data": "70 % training, 20 % validation, 10 % test",
}
"""Settings of the training, from the text beside Table 2. Tables 1 and 2 are the recipe ``paper``."""

BEST_EPOCH = 5
"""The epoch that the paper calls best: the highest training accuracy, tied with epoch 4 (Table 3)."""

TEST_ACCURACY = 0.90
"""The test accuracy that the paper states, in whole percent."""

NAMED_ERRORS = {("benign", "malignant"): 2, ("malignant", "benign"): 8, ("normal", "benign"): 6}
"""Errors named in the text: (true class, predicted class) → number of images."""

INFERRED_SIZES = {"train": 1138, "validation": 283, "test": 157}
"""Inferred, not stated: to four digits, every accuracy of Table 3 is k/1138, every val_accuracy k/283. With a
tenth of each class as the test set, the three sizes add up to 1578, the number of PNG files of BUSI, masks
included. At batch size 8, 1138 files make the 143 steps per epoch that the paper states."""

BUSI_FILES_BY_CLASS = {
    "images": {"benign": 437, "malignant": 210, "normal": 133},
    "masks": {"benign": 454, "malignant": 211, "normal": 133},
}
"""Number of files in BUSI (Al-Dhabyani et al. 2020, Data in Brief 28), counted in the data set itself."""

RECONSTRUCTED_CONFUSION_MATRIX = ((87, 2, 0), (8, 34, 0), (6, 0, 20))
"""Reconstructed, not printed in the paper: rows are true, columns predicted classes, both in the order of
``CLASSES``. The inferred test set has 89, 42 and 26 files. Of 157, only 15 or 16 errors round to 90 %, so the
16 errors named in the text are all errors."""


class EarlierWork(NamedTuple):
    """A result with which the paper compares its own; ``accuracy`` is 0–1."""

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
    "These were measured on other data and other splits, so they cannot be compared with the paper's result "
    "or with the results shown here."
)


class Inconsistency(NamedTuple):
    """A statement of the paper, the evidence against it, and the source of both."""

    stated: str
    found: str
    source: str


INCONSISTENCIES = (
    Inconsistency(
        "70 % of the data for training, 20 % for validation, 10 % for the test.",
        "The sizes that fit its numbers, 1138, 283 and 157, are 72, 18 and 10 %: the 20 % were taken of the "
        "images that remained after the test set.",
        "Text beside Table 2; the sizes are inferred from Table 3.",
    ),
    Inconsistency(
        "Epoch 5 is the best.",
        "It has the highest training accuracy, tied with epoch 4; by validation accuracy epoch 10 is best.",
        "Table 3.",
    ),
    Inconsistency(
        "Augmentation changes brightness and contrast.",
        "The settings list rotation, zoom and shear only.",
        "Text on Figure 4; Table 1.",
    ),
    Inconsistency(
        "Augmentation shears by 0.2.",
        "Keras's generator takes degrees, and a shear of 0.2 degrees is invisible.",
        "Table 1; Keras's documentation of ImageDataGenerator.",
    ),
    Inconsistency(
        "Validation images are split off by the generator that augments.",
        "Keras then augments them as well, so its val_accuracy is that of augmented images.",
        "Table 1; inferred from how Keras applies validation_split.",
    ),
    Inconsistency(
        "It compares its 90 % with four earlier results.",
        "One of them, 92.15 %, is higher than its own.",
        "The paper's comparison with earlier work.",
    ),
)
"""Statements that contradict the paper's own numbers or the tools it names."""

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
    """Return Table 3: one row per epoch, with ``epoch``, ``accuracy`` and ``val_accuracy``, 0–1."""
    table = pd.DataFrame(_TABLE_3, columns=["accuracy", "val_accuracy"])
    table.insert(0, "epoch", range(1, len(table) + 1))
    return table


def best_by_validation() -> int:
    """Return the epoch of Table 3 with the highest val_accuracy, counted from 1."""
    return int(history()["val_accuracy"].argmax()) + 1
