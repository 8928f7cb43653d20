"""Simulate lesions by their BI-RADS ultrasound descriptors (ACR BI-RADS Atlas, 5th edition, 2013)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import cv2
import numpy as np

from core.data.phantom.tissue import LINES, Frame, Tissue, field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.data.phantom.acoustics import Floats

Shape = Literal["oval", "round", "irregular"]
Orientation = Literal["parallel", "not parallel"]
Margin = Literal["circumscribed", "microlobulated", "indistinct", "angular", "spiculated"]
EchoPattern = Literal["anechoic", "hypoechoic", "isoechoic", "heterogeneous"]
Posterior = Literal["none", "enhancement", "shadowing"]

# Probability of each descriptor in textbook lesions: (benign, malignant). Chosen by hand to follow the order
# of predictive values in Hong et al., American Journal of Roentgenology 184, 2005; not measured.
TYPICAL: dict[str, dict[str, tuple[float, float]]] = {
    "shape": {"oval": (0.77, 0.1), "round": (0.18, 0.1), "irregular": (0.05, 0.8)},
    "orientation": {"parallel": (0.93, 0.3), "not parallel": (0.07, 0.7)},
    "margin": {
        "circumscribed": (0.8, 0.03),
        "microlobulated": (0.13, 0.17),
        "indistinct": (0.07, 0.25),
        "angular": (0, 0.2),
        "spiculated": (0, 0.35),
    },
    "echo_pattern": {
        "anechoic": (0.3, 0),
        "hypoechoic": (0.5, 0.6),
        "isoechoic": (0.15, 0.05),
        "heterogeneous": (0.05, 0.35),
    },
    "posterior": {"none": (0.27, 0.2), "enhancement": (0.7, 0.05), "shadowing": (0.03, 0.75)},
}

# Echo level relative to reference tissue, dB, before the lesion's conspicuity is applied.
ECHO = {"anechoic": -26.0, "hypoechoic": -17.0, "isoechoic": -11.0, "heterogeneous": -14.0}
# Blur of the margin, mm.
EDGE = {"circumscribed": 0.12, "microlobulated": 0.2, "indistinct": 0.9, "angular": 0.45, "spiculated": 0.45}


class Descriptors(NamedTuple):
    """The BI-RADS description of a lesion."""

    shape: Shape
    orientation: Orientation
    margin: Margin
    echo_pattern: EchoPattern
    posterior: Posterior


class Lesion(NamedTuple):
    """A lesion to insert into tissue."""

    descriptors: Descriptors
    contour: NDArray[np.float64]
    """Outline, [points, 2], lateral position and depth, mm."""
    conspicuity: float
    """Strength of echo and posterior features, in (0, 1]; 1 is a textbook image."""


def draw_descriptors(rng: np.random.Generator, suspicion: float) -> Descriptors:
    """Draw each descriptor from the benign or the malignant column of TYPICAL.

    Args:
        rng: random generator of the choices.
        suspicion: about -1 for a textbook benign and 1 for a textbook malignant lesion; the probability of
            the malignant column is the logistic function of four times this number.
    """
    malignant = 1 / (1 + np.exp(-4 * suspicion))
    chosen: list[Any] = [_choose(rng, table, malignant) for table in TYPICAL.values()]
    return Descriptors(*chosen)


def _choose(rng: np.random.Generator, table: dict[str, tuple[float, float]], malignant: float) -> str:
    column = int(rng.random() < malignant)
    shares = [share[column] for share in table.values()]
    return list(table)[rng.choice(len(shares), p=shares)]


def draw_contour(
    rng: np.random.Generator, descriptors: Descriptors, *, centre: tuple[float, float], size: float
) -> NDArray[np.float64]:
    """Draw the outline of a lesion.

    Args:
        rng: random generator of the irregularities.
        descriptors: descriptors of the lesion; shape, orientation and margin are used.
        centre: lateral position and depth of the centre, mm.
        size: longest diameter without spicules, mm.

    Returns:
        Outline, [points, 2], lateral position and depth, mm.
    """
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    radius = np.ones_like(angle)
    waves = {"oval": 0.045, "round": 0.035, "irregular": 0.14}[descriptors.shape]
    for k in range(2, 7):
        radius += waves * rng.normal() * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) * (2 / k)
    if descriptors.margin == "microlobulated":
        radius += 0.07 * np.abs(np.sin(rng.integers(4, 8) * angle + 1.5 * np.sin(angle + rng.uniform(0, 6))))
    if descriptors.margin == "angular":
        for place in rng.uniform(0, 2 * np.pi, rng.integers(3, 6)):
            radius += rng.uniform(0.08, 0.25) * _peak(angle, place, 0.4)
    if descriptors.margin == "spiculated":
        for place in rng.uniform(0, 2 * np.pi, rng.integers(7, 14)):
            radius += rng.uniform(0.1, 0.55) * _peak(angle, place, 0.13)

    slender = {
        "oval": rng.uniform(0.45, 0.8),
        "round": rng.uniform(0.9, 1.0),
        "irregular": rng.uniform(0.6, 0.88),
    }
    short, tilt = slender[descriptors.shape], rng.normal(0, 0.2)
    if descriptors.orientation == "not parallel":
        tilt += np.pi / 2
    x, y = radius * np.cos(angle) * size / 2, radius * np.sin(angle) * size / 2 * short
    across, depth = x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)
    return np.stack([across + centre[0], depth + centre[1]], axis=1)


def _peak(angle: NDArray[np.float64], place: float, width: float) -> NDArray[np.float64]:
    distance = np.abs((angle - place + np.pi) % (2 * np.pi) - np.pi)
    return np.clip(1 - distance / width, 0, 1) ** 1.5


def fill(
    contour: NDArray[np.float64], shape: tuple[int, int], per_mm: tuple[float, float]
) -> NDArray[np.uint8]:
    """Rasterise an outline.

    Args:
        contour: outline, [points, 2], lateral position and depth, mm.
        shape: rows and columns of the result.
        per_mm: columns and rows per mm.

    Returns:
        uint8 [rows, columns], 1 inside and 0 outside.
    """
    area = np.zeros(shape, np.uint8)
    cv2.fillPoly(area, [np.round(contour * per_mm * 16).astype(np.int32)], 1, shift=4)
    return area


def insert(rng: np.random.Generator, frame: Frame, tissue: Tissue, lesion: Lesion) -> Tissue:
    """Insert a lesion into tissue: its echo, its margin, and its posterior features.

    Args:
        rng: random generator of the details.
        frame: grid of the tissue.
        tissue: tissue around the lesion; not modified.
        lesion: lesion to insert.

    Returns:
        The tissue with the lesion.
    """
    kind, contour = lesion.descriptors, lesion.contour
    area = fill(contour, (frame.rows, LINES), (frame.lines_per_mm, frame.rows_per_mm)).astype(np.float32)
    inside = _blur(area, frame, EDGE[kind.margin])
    if kind.margin != "circumscribed":
        # Tumour and tissue interlock: a field as fine as the fibres roughens the margin.
        frayed = _blur(area, frame, 0.7) - 0.5 + 0.13 * field(rng, frame, 0.6, 1.0)
        inside = 0.5 * inside + 0.5 / (1 + np.exp(np.float32(-14) * frayed))
    (left, top), (right, bottom) = contour.min(axis=0).tolist(), contour.max(axis=0).tolist()

    around = min(0.0, float(np.mean(tissue.echo[area > 0]))) if area.any() else 0.0
    level = np.float32(min(ECHO[kind.echo_pattern], around - 4) * lesion.conspicuity)
    rough = {"anechoic": 0.5, "hypoechoic": 1.5, "isoechoic": 1.5, "heterogeneous": 4.5}[kind.echo_pattern]
    texture = level + np.float32(rough) * field(rng, frame, 1.2, 1.6) + field(rng, frame, 4, 5)
    # Reverberation behind the anterior wall.
    texture += np.float32(rng.uniform(0, 9)) * np.exp(-np.maximum(frame.depth - top, 0) / np.float32(1.5))
    echo = tissue.echo + inside * (texture - tissue.echo)
    if kind.margin == "circumscribed":
        rim = np.abs(cv2.Sobel(_blur(area, frame, 0.15), cv2.CV_32F, 0, 1, scale=1 / 8)) * frame.rows_per_mm
        echo += np.float32(rng.uniform(1, 4.5) * lesion.conspicuity) * rim
    else:
        halo = np.clip(_blur(area, frame, 1.6) - inside, 0, 1)
        echo += np.float32(rng.uniform(3, 13) * lesion.conspicuity) * halo

    change = {"none": 0.0, "enhancement": -rng.uniform(6, 12), "shadowing": rng.uniform(12, 28)}[
        kind.posterior
    ]
    change *= lesion.conspicuity
    jitter = 1 + (0.25 * field(rng, frame, 100, 1.0) if kind.posterior == "shadowing" else 0)
    attenuation = tissue.attenuation * (1 - inside) + inside * np.median(tissue.attenuation)
    attenuation += inside * jitter * np.float32(change / ((bottom - top) * frame.rows_per_mm))
    if kind.margin == "circumscribed" and kind.shape != "irregular":
        # Edge shadowing: refraction at the sides of a smooth lesion casts two thin shadows.
        reach = (frame.depth > (top + bottom) / 2) & (frame.depth < bottom)
        for place in (left, right):
            flank = np.exp(-(((frame.across - place) / 0.7) ** 2)) * reach
            attenuation += flank * np.float32(rng.uniform(0, 5) * 2 / ((bottom - top) * frame.rows_per_mm))
    return tissue._replace(echo=echo.astype(np.float32), attenuation=attenuation.astype(np.float32))


def _blur(area: Floats, frame: Frame, sigma: float) -> Floats:
    blurred = cv2.GaussianBlur(area, (0, 0), sigma * frame.lines_per_mm, sigmaY=sigma * frame.rows_per_mm)
    return np.asarray(blurred, np.float32)
