"""Simulate breast tissue: layers, septa and shadows as maps of echo level and attenuation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from core.data.phantom.acoustics import Floats

LINES = 192
POOR_CONTACT_SHARE = 0.2
"""Share of images in which one side of the probe has poor contact."""

# Echo level relative to fibroglandular tissue in dB, set by eye to match clinical images, and one-way
# attenuation in dB / cm / MHz: fat, breast and muscle rounded from table 1 of Culjat et al., Ultrasound in
# Medicine & Biology 36, 2010; skin and chest wall are estimates.
SKIN, FAT, GLAND, MUSCLE, CHEST_WALL = (0.0, 0.6), (-9.0, 0.5), (0.0, 0.75), (-8.0, 1.0), (-14.0, 1.2)


class Frame(NamedTuple):
    """The grid of the simulation: ``rows`` pixels of depth by LINES lateral lines."""

    rows: int
    rows_per_mm: float
    lines_per_mm: float

    @property
    def depth(self) -> Floats:
        """Depth of each row, [rows, 1], mm."""
        return np.arange(self.rows, dtype=np.float32)[:, None] / np.float32(self.rows_per_mm)

    @property
    def across(self) -> Floats:
        """Lateral position of each line, [1, LINES], mm."""
        return np.arange(LINES, dtype=np.float32)[None] / np.float32(self.lines_per_mm)

    @property
    def frequency(self) -> float:
        """Centre frequency at which one row is one cycle of the echo at 1540 m/s, MHz."""
        return 0.77 * self.rows_per_mm


class Tissue(NamedTuple):
    """Maps of the tissue over a frame, and the depth of the fibroglandular layer."""

    echo: Floats
    """Echo level relative to reference tissue, [rows, lines], dB."""
    attenuation: Floats
    """Two-way attenuation, [rows, lines], dB per row."""
    gland: tuple[float, float]
    """Top and bottom of the fibroglandular layer, mm."""


def field(rng: np.random.Generator, frame: Frame, height: float, width: float) -> Floats:
    """Draw a smooth random field of mean 0 and variance 1: blurred white noise on a coarse grid.

    Args:
        rng: random generator of the values.
        frame: grid of the field.
        height: correlation length along depth, mm.
        width: lateral correlation length, mm.

    Returns:
        Field, [rows, lines].
    """
    down = _weights(frame.rows, height * frame.rows_per_mm, rng.random())
    across = _weights(LINES, width * frame.lines_per_mm, rng.random())
    return down @ rng.standard_normal((down.shape[1], across.shape[1]), np.float32) @ across.T


def _weights(count: int, step: float, offset: float) -> Floats:
    """Return Gaussian weights of knots ``step`` apart at each of ``count`` places, [count, knots]."""
    places = np.arange(count, dtype=np.float32)[:, None] / np.float32(max(step, 1))
    knots = np.arange(int(places[-1, 0]) + 5, dtype=np.float32) - np.float32(1 + offset)
    weights = np.exp(np.float32(-1.2) * (places - knots) ** 2)
    return weights / np.sqrt(np.sum(weights**2, axis=1, keepdims=True))


def septa(rng: np.random.Generator, frame: Frame, height: float, width: float) -> Floats:
    """Draw septa: thin sheets that divide the tissue into lobules.

    The sheets are the zero lines of a random field. They reflect specularly, so they are bright where they
    lie across the beam and faint where they lie along it.

    Args:
        rng: random generator of the sheets.
        frame: grid of the tissue.
        height: size of the lobules along depth, mm.
        width: lateral size of the lobules, mm.

    Returns:
        Brightness of the sheets, [rows, lines], 0–1.
    """
    lobules = field(rng, frame, height, width)
    down = cv2.Sobel(lobules, cv2.CV_32F, 0, 1, scale=1 / 8)
    across = cv2.Sobel(lobules, cv2.CV_32F, 1, 0, scale=1 / 8) * (frame.lines_per_mm / frame.rows_per_mm)
    slope = down**2 + across**2 + np.float32(1e-8)
    thickness = rng.uniform(0.1, 0.2) * frame.rows_per_mm
    sheet = np.exp(-(lobules**2) / (slope * np.float32(thickness**2)))
    patches = np.clip(0.6 + 0.6 * field(rng, frame, height, width / 2), 0, 1)
    return sheet * (down**2 / slope) * patches


def draw_tissue(rng: np.random.Generator, frame: Frame) -> Tissue:
    """Draw skin, subcutaneous fat, fibroglandular tissue, pectoral muscle and chest wall."""
    depth = frame.depth
    deepest = frame.rows / frame.rows_per_mm
    skin = rng.uniform(0.8, 2)
    fat = skin + rng.uniform(0.03, 0.28) * deepest
    muscle = rng.uniform(max(0.6 * deepest, fat + 8), 0.95 * deepest)
    chest = muscle + rng.uniform(6, 12)

    wave = field(rng, frame, 100, rng.uniform(5, 10))
    fat_edge = fat + rng.uniform(0.4, 1.6) * wave
    muscle_edge = muscle + rng.uniform(0.3, 1.2) * field(rng, frame, 100, 14)
    layers = [depth < skin, depth < fat_edge, depth < muscle_edge, depth < chest]

    streaks = field(rng, frame, 0.5, rng.uniform(2.5, 5)) * rng.uniform(2, 4)
    blobs = field(rng, frame, 2.5, 5) * rng.uniform(1, 4)
    ducts = np.clip(field(rng, frame, 0.8, 2.0) - rng.uniform(0.4, 2), 0, 1) * rng.uniform(-16, -4)
    fibres = np.clip(field(rng, frame, 0.45, 3.5) - 0.7, 0, 2) * rng.uniform(3, 11)
    web = septa(rng, frame, rng.uniform(2, 4.5), rng.uniform(7, 16))
    textures = [
        np.float32(SKIN[0] + rng.uniform(-4, 3)) + streaks,
        np.float32(FAT[0] + rng.uniform(-2, 7))
        + 0.4 * (blobs + streaks)
        + rng.uniform(10, 18) * septa(rng, frame, rng.uniform(1.5, 4), rng.uniform(7, 16)),
        np.float32(GLAND[0] + rng.normal(-1, 2))
        + streaks
        + blobs
        + ducts
        + fibres
        + rng.uniform(6, 16) * web,
        np.float32(MUSCLE[0] + rng.uniform(-2, 3))
        + 2 * field(rng, frame, 0.4, 8)
        + blobs
        + rng.uniform(8, 16) * septa(rng, frame, 1.8, 14),
    ]
    echo = np.select(layers, textures, np.float32(CHEST_WALL[0]) + blobs)
    for edge, level in ((fat_edge, rng.uniform(1, 9)), (muscle_edge, rng.uniform(2, 12)), (skin, 5.0)):
        line = np.clip(0.4 + 0.7 * field(rng, frame, 100, 5), 0, 1)
        echo += np.float32(level) * np.exp(-(((depth - edge) / 0.25) ** 2)) * line
    echo += rng.uniform(1, 3.5) * field(rng, frame, 9, 10)
    echo += 9 * np.exp(-((depth / 0.25) ** 2)).astype(np.float32)

    alphas = [np.float32(layer[1]) for layer in (SKIN, FAT, GLAND, MUSCLE)]
    per_row = 2 * frame.frequency / (10 * frame.rows_per_mm)
    attenuation = np.select(layers, alphas, np.float32(CHEST_WALL[1])) * np.float32(per_row)
    attenuation += _ligament_shadows(rng, frame, fat) + _poor_contact(rng, frame)

    bend = rng.uniform(0.3, 2.2) * field(rng, frame, 14, 18) * np.minimum(depth / 8, 1)
    rows = np.arange(frame.rows, dtype=np.float32)[:, None] + bend * np.float32(frame.rows_per_mm)
    lines = np.tile(np.arange(LINES, dtype=np.float32), (frame.rows, 1))
    echo, attenuation = (
        np.asarray(
            cv2.remap(each, lines, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
        )
        for each in (echo, attenuation)
    )
    return Tissue(echo, attenuation, (fat, min(muscle, 0.8 * deepest)))


def _ligament_shadows(rng: np.random.Generator, frame: Frame, top: float) -> Floats:
    """Return the attenuation of Cooper's ligaments that lie along the beam, [rows, lines], dB per row."""
    total = np.zeros((frame.rows, LINES), np.float32)
    for _ in range(rng.poisson(0.9)):
        place, width = rng.uniform(0, LINES) / frame.lines_per_mm, rng.uniform(0.8, 3)
        start, length, strength = top + rng.uniform(-3, 6), rng.uniform(2, 6), rng.uniform(3, 14)
        column = np.exp(-(((frame.across - place) / width) ** 2))
        reach = (frame.depth > start) & (frame.depth < start + length)
        total += column * reach * np.float32(strength / (length * frame.rows_per_mm))
    return total


def _poor_contact(rng: np.random.Generator, frame: Frame) -> Floats:
    """Return the attenuation where one side of the probe lifts off the skin, dB per row."""
    if rng.random() > POOR_CONTACT_SHARE:
        return np.zeros((1, 1), np.float32)
    distance = frame.across[:, :: int(rng.choice([-1, 1]))]
    loss = rng.uniform(8, 25) / (1 + np.exp((distance - rng.uniform(1, 7)) / 0.8))
    skin_deep = 5.0
    return (loss * (frame.depth < skin_deep) / (skin_deep * frame.rows_per_mm)).astype(np.float32)
