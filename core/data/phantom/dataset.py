"""The simulated data set: phantoms in BUSI's layout, with near-duplicates and conflicting labels."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image

from core.data.phantom.simulate import CLASSES, Phantom, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

COUNTS = {"benign": 480, "malignant": 250, "normal": 170}
"""Number of images of each class, near-duplicates included."""

BLOCK_SIZE = 5
"""Each block of this many consecutive images of a class has one near-duplicate."""

RESERVED = 2
"""Number of images at the start of a class whose only near-duplicate may be that of a first block."""

CALIPER_SHARE = 0.7
"""Share of near-duplicates with a lesion that have calipers."""

# Class of the source of each class's first near-duplicate; these form the conflicting pairs.
FIRST_SOURCE = {"benign": "malignant", "malignant": "benign", "normal": "normal"}


_USES = ("plan", "image", "near-duplicate")  # each has random numbers of its own


class Entry(NamedTuple):
    """An image of the data set."""

    label: str
    number: int
    """Number in the file's name, from 1."""
    source: tuple[str, int] | None
    """Label and number of the image of which this is a near-duplicate; None for an original."""


def plan(seed: int, counts: Mapping[str, int] = COUNTS) -> list[Entry]:
    """List the images of the data set, and the source of each near-duplicate.

    A fifth of each class are near-duplicates of an image with a smaller number. The first near-duplicates of
    benign and of malignant are exceptions: their source has the opposite label. These are the two conflicting
    pairs, both present once either class has five images. Other entries do not depend on the counts.

    Args:
        seed: random seed of the data set.
        counts: number of images of each class; missing classes have none.

    Returns:
        All entries, class by class.
    """
    return [entry for label in CLASSES for entry in _plan_class(seed, label, counts)]


def _plan_class(seed: int, label: str, counts: Mapping[str, int]) -> list[Entry]:
    originals: list[int] = []
    entries = []
    for number in range(1, counts.get(label, 0) + 1):
        block, place = divmod(number - 1, BLOCK_SIZE)
        rng = _generator(seed, label, block, "plan")
        source: tuple[str, int] | None = None
        if place == rng.integers(RESERVED, BLOCK_SIZE):
            if block == 0:
                source = (FIRST_SOURCE[label], int(rng.integers(1, RESERVED + 1)))
            else:
                # Reserved images are excluded, so that a conflicting pair stays a pair.
                source = (
                    label,
                    int(rng.choice([n for n in originals if RESERVED < n <= block * BLOCK_SIZE])),
                )
            if source[1] > counts.get(source[0], 0):
                source = None
        if source is None:
            originals.append(number)
        entries.append(Entry(label, number, source))
    return entries


def digest_of_code(folder: Path = Path(__file__).parent) -> str:
    """Return a digest of the simulation's source code, by which cached images are recognised.

    Args:
        folder: folder of the source code.

    Returns:
        12 hex digits that change with the code.
    """
    code = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(code).hexdigest()[:12]


def write_dataset(
    folder: Path,
    *,
    seed: int = 0,
    counts: Mapping[str, int] = COUNTS,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the data set as PNG files in BUSI's layout.

    ``CLASS/CLASS (n).png`` is an image, ``CLASS/CLASS (n)_mask.png`` the segmentation mask of its lesion (all
    black for normal) and ``CLASS/CLASS (n)_mask_1.png`` that of a second lesion. One seed gives the same
    bytes on one machine; on another processor single pixels may differ by one grey level. An image depends on
    the seed, its class and its number only, except for the conflicting pairs (see ``plan``).

    Args:
        folder: folder to write to; it is created if missing.
        seed: random seed of the data set.
        counts: number of images of each class.
        progress: called with the number of images written and of all images.
    """
    entries = plan(seed, counts)
    for done, entry in enumerate(entries, start=1):
        phantom = render(seed, entry)
        stem = folder / entry.label / f"{entry.label} ({entry.number})"
        stem.parent.mkdir(parents=True, exist_ok=True)
        _write(phantom.image, f"{stem}.png")
        for index, mask in enumerate(phantom.masks or (phantom.mask,)):
            _write(mask.astype(np.uint8) * 255, f"{stem}_mask{f'_{index}' if index else ''}.png")
        if progress:
            progress(done, len(entries))


def render(seed: int, entry: Entry) -> Phantom:
    """Simulate an image of the data set: an original, or a near-duplicate of its source."""
    label, number = entry.source or (entry.label, entry.number)
    phantom = simulate(label, _generator(seed, label, number, "image"))
    return (
        near_duplicate(phantom, _generator(seed, entry.label, entry.number, "near-duplicate"))
        if entry.source
        else phantom
    )


def near_duplicate(phantom: Phantom, rng: np.random.Generator) -> Phantom:
    """Return a near-duplicate: cropped, rescaled, with another brightness, often with calipers.

    At most 4 pixels are cropped from each side; the scale lies in [0.8, 1.2].

    Args:
        phantom: original.
        rng: random generator of the changes.
    """
    top, bottom, left, right = (int(each) for each in rng.integers(1, 5, 4))
    scale = rng.uniform(0.8, 1.2)

    def refit(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        cropped = image[top:-bottom, left:-right]
        return np.asarray(
            cv2.resize(cropped, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.uint8
        )

    masks = tuple(refit(mask.astype(np.uint8)) == 1 for mask in phantom.masks)
    grey = refit(phantom.image) * rng.uniform(0.85, 1.15) + rng.uniform(-10, 10)
    image = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    if masks and rng.random() < CALIPER_SHARE:
        _draw_calipers(image, masks[0])
    return Phantom(image, masks, phantom.descriptors)


def _draw_calipers(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    """Draw two dotted lines with a cross at each end, along and across the lesion, into the image."""
    (x, y), (width, height), angle = cv2.minAreaRect(np.argwhere(mask)[:, ::-1].astype(np.float32))
    for length, turn in ((width, 0), (height, 90)):
        reach = length / 2 * np.array([np.cos(np.radians(angle + turn)), np.sin(np.radians(angle + turn))])
        for share in np.linspace(-1, 1, max(int(length / 6), 3)):
            column, row = (int(each) for each in np.rint((x, y) + share * reach))
            arm = 4 if abs(share) == 1 else 0
            cv2.line(image, (column - arm, row), (column + arm, row), 255)
            cv2.line(image, (column, row - arm), (column, row + arm), 255)


def _generator(seed: int, label: str, number: int, use: str) -> np.random.Generator:
    return np.random.default_rng([seed, CLASSES.index(label), number, _USES.index(use)])


def _write(image: NDArray[np.uint8], path: str) -> None:
    # Speckle hardly compresses; a higher level would take longer than the simulation.
    Image.fromarray(image).save(path, compress_level=1)
