"""Simulate B-mode images of the breast, which can be shared freely.

They show no person. They serve to demonstrate and test every step; a model trained on them is not valid for
patients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from core.data.phantom.acoustics import STEERING, envelope, log_compress
from core.data.phantom.lesions import Descriptors, Lesion, draw_contour, draw_descriptors, fill, insert
from core.data.phantom.tissue import LINES, Frame, Tissue, draw_tissue

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ("benign", "malignant", "normal")

OVERLAP = 0.1
"""Overlap of the classes: the one parameter that calibrates the difficulty of the data set.

A lesion's suspicion is normally distributed around -1 (benign) or 1 (malignant) with this standard deviation,
and its descriptors depend on the suspicion, not on the class. A classifier that knew the suspicion would err
with the probability of a normal distribution's tail beyond 1 / OVERLAP: 1 % at 0.4, 5 % at 0.6, 11 % at 0.8.
The same number scales how faint lesions can be and how many lesion-like structures the tissue of every class
has. 0 gives textbook images. With 0.1 the demo model (``make models``) has a validation accuracy of about
0.85.
"""

TWO_LESION_SHARE = 0.04
"""Share of images with two lesions among those with any, about that of BUSI."""


class Phantom(NamedTuple):
    """A simulated image with its ground truth."""

    image: NDArray[np.uint8]
    """Grey values, uint8 [H, W]."""
    masks: tuple[NDArray[np.bool_], ...]
    """Segmentation mask of each lesion, bool [H, W]; none for a normal breast."""
    descriptors: tuple[Descriptors, ...]
    """Descriptors of each lesion."""

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Segmentation mask of all lesions, bool [H, W]."""
        return np.logical_or.reduce([np.zeros(self.image.shape, np.bool_), *self.masks])


def simulate(label: str, rng: np.random.Generator) -> Phantom:
    """Simulate an image.

    Args:
        label: class of the image: benign, malignant or normal.
        rng: random generator of the whole image.

    Raises:
        ValueError: the label is not one of ``CLASSES``.
    """
    if label not in CLASSES:
        raise ValueError(f"no phantoms of class {label!r}, only {', '.join(CLASSES)}")
    width = int(rng.integers(400, 541))
    rows = int(width / rng.uniform(1.1, 1.45))
    width_mm = rng.uniform(36, 48)
    frame = Frame(rows, width / width_mm, LINES / width_mm)
    tissue = draw_tissue(rng, frame)
    for _ in range(rng.poisson(1.5 * OVERLAP)):
        tissue = insert(rng, frame, tissue, _draw_mimic(rng, frame, tissue))
    lesions = [] if label == "normal" else _draw_lesions(rng, label, frame, tissue)
    for lesion in lesions:
        tissue = insert(rng, frame, tissue, lesion)
    masks = (
        fill(lesion.contour, (rows, width), (width / width_mm,) * 2).astype(np.bool_) for lesion in lesions
    )
    return Phantom(
        _scan(rng, frame, tissue, width), tuple(masks), tuple(each.descriptors for each in lesions)
    )


def _draw_mimic(rng: np.random.Generator, frame: Frame, tissue: Tissue) -> Lesion:
    """Draw a lesion-like structure, such as a fat lobule or a duct, which every class has."""
    descriptors = draw_descriptors(rng, rng.normal(-0.4, 0.7))._replace(posterior="none")
    size = np.exp(rng.normal(np.log(4.5), 0.3))
    centre = rng.uniform(0, LINES / frame.lines_per_mm), rng.uniform(*tissue.gland) + rng.normal(0, 2)
    contour = draw_contour(rng, descriptors, centre=centre, size=size)
    return Lesion(descriptors, contour, rng.uniform(0.25, 0.7))


def _draw_lesions(rng: np.random.Generator, label: str, frame: Frame, tissue: Tissue) -> list[Lesion]:
    width_mm, depth_mm = LINES / frame.lines_per_mm, frame.rows / frame.rows_per_mm
    lesions = []
    twice = rng.random() < TWO_LESION_SHARE
    for side in (0.27, 0.73) if twice else (0.5,):
        descriptors = draw_descriptors(rng, (1 if label == "malignant" else -1) + rng.normal(0, OVERLAP))
        size = np.clip(np.exp(rng.normal(np.log(13), 0.25)), 5, 0.4 * width_mm if twice else 22)
        x = width_mm * side + rng.normal(0, 0.02 if twice else 0.1) * width_mm
        y = np.clip(rng.uniform(*tissue.gland), 2.5 + 0.45 * size, max(depth_mm - size, depth_mm / 2))
        contour = draw_contour(rng, descriptors, centre=(x, y), size=size)
        lesions.append(Lesion(descriptors, contour, float(np.exp(-0.7 * abs(rng.normal(0, OVERLAP))))))
    return lesions


def _scan(rng: np.random.Generator, frame: Frame, tissue: Tissue, width: int) -> NDArray[np.uint8]:
    """Simulate the scan: attenuation, time-gain compensation, echo, noise, log compression."""
    loss = np.cumsum(tissue.attenuation, axis=0)
    gain = np.minimum(
        np.linspace(rng.uniform(0, 6), rng.uniform(0.55, 0.9) * np.median(loss[-1]), frame.rows),
        rng.uniform(18, 40),
    )
    gain = gain.astype(np.float32)[:, None]
    amplitude = np.float32(10) ** ((tissue.echo - loss + gain) / 20)
    signal = envelope(amplitude, rng, focus=rng.uniform(0.25, 0.6), steering=STEERING)
    noise = np.float32(10) ** ((gain - rng.uniform(50, 64)) / 20)
    signal += noise * np.sqrt(rng.standard_exponential(signal.shape, np.float32))
    grey = log_compress(signal, gain=rng.uniform(0.42, 0.58), dynamic_range=rng.uniform(37, 49))
    image = cv2.resize(grey, (width, frame.rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.rint(cv2.GaussianBlur(image, (0, 0), 0.9)), 0, 255).astype(np.uint8)
