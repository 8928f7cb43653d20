"""What others have published on the same images, each figure with its source."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """A result of others; ``accuracy`` and ``auc`` are 0-1."""

    who: str
    accuracy: float
    auc: float
    source: str


BREASTMNIST = Published(
    who="AlexNet at 128 pixels, mean of three seeds",
    accuracy=0.906,
    auc=0.940,
    source="S. Doerrich et al., “Rethinking model prototyping through the MedMNIST+ dataset collection”, "
    "Scientific Reports 15, 2025, doi 10.1038/s41598-025-92156-9",
)
"""BreastMNIST is BUSI made smaller and split 70/10/20 without a look at near-duplicates. It asks for malignant
against benign and normal together, and calls an image by the probability 0.5."""
