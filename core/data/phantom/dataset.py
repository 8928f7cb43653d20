"""The embedded data set: phantoms in the layout of BUSI, with near-duplicates and conflicting labels."""

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
"""Images of each class, near-duplicates included."""

BLOCK = 5
"""One number in each run of so many is a near-duplicate."""

CROSSED = 2
"""The first so many numbers of a class are sources of the first block's near-duplicate and of no other."""

CALIPERS = 0.7
"""Share of the near-duplicates with a lesion that have calipers drawn."""

# Where the source of a class's first near-duplicate is: these make the conflicting pairs.
FIRST_SOURCE = {"benign": "malignant", "malignant": "benign", "normal": "normal"}


class Entry(NamedTuple):
    """One image of the data set."""

    label: str
    number: int
    """From 1, as in the file's name."""
    source: tuple[str, int] | None
    """Label and number of the image that this one is a near-duplicate of."""


def plan(seed: int, counts: Mapping[str, int] = COUNTS) -> list[Entry]:
    """Tell which images the data set holds and which is a near-duplicate of which.

    A fifth of each class are near-duplicates of an image with a smaller number. The exception is the first
    near-duplicate of benign and of malignant, whose source has the opposite label: the two conflicting
    pairs, both there as soon as either class has five images. Otherwise an entry does not depend on the
    counts.

    Args:
        seed: of the data set.
        counts: images of each class; what is missing counts as 0.

    Returns:
        All entries, class by class.
    """
    return [entry for label in CLASSES for entry in _plan_class(seed, label, counts)]


def _plan_class(seed: int, label: str, counts: Mapping[str, int]) -> list[Entry]:
    originals: list[int] = []
    entries = []
    for number in range(1, counts.get(label, 0) + 1):
        block, place = divmod(number - 1, BLOCK)
        rng = _generator(seed, label, block, "plan")
        source: tuple[str, int] | None = None
        if place == rng.integers(CROSSED, BLOCK):
            if block == 0:
                source = (FIRST_SOURCE[label], int(rng.integers(1, CROSSED + 1)))
            else:
                # So that a conflicting pair stays a pair.
                source = (label, int(rng.choice([n for n in originals if CROSSED < n <= block * BLOCK])))
            if source[1] > counts.get(source[0], 0):
                source = None
        if source is None:
            originals.append(number)
        entries.append(Entry(label, number, source))
    return entries


def digest_of_code(folder: Path = Path(__file__).parent) -> str:
    """Name the code that draws the images, so that those of another code are not taken for its own.

    Args:
        folder: of the code.

    Returns:
        12 hex digits, others after any change.
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
    """Write phantoms as PNG in BUSI's layout.

    `CLASS/CLASS (n).png` is an image, `CLASS/CLASS (n)_mask.png` its lesion, all black for normal, and
    `CLASS/CLASS (n)_mask_1.png` a second lesion. The same seed gives the same bytes on one machine; another
    processor may round here and there to the next grey level. An image depends on nothing but the seed, its
    class and its number (and, for the first of a class, on whether the other class is there: see `plan`).

    Args:
        folder: written into, made where missing.
        seed: of the data set.
        counts: images of each class.
        progress: called with (written, all) after each image.
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
    """Simulate one image of the data set, or a near-duplicate of its source."""
    label, number = entry.source or (entry.label, entry.number)
    phantom = simulate(label, _generator(seed, label, number, "image"))
    return (
        near_duplicate(phantom, _generator(seed, entry.label, entry.number, "copy"))
        if entry.source
        else phantom
    )


def near_duplicate(phantom: Phantom, rng: np.random.Generator) -> Phantom:
    """Return the phantom as saved a second time: cropped, rescaled, brighter or darker, often with calipers.

    At most 4 pixels go from each side; the scale lies in [0.8, 1.2].
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
    if masks and rng.random() < CALIPERS:
        _draw_calipers(image, masks[0])
    return Phantom(image, masks, phantom.descriptors)


def _draw_calipers(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    """Draw two dotted lines with a cross at each end, along and across the lesion."""
    (x, y), (width, height), angle = cv2.minAreaRect(np.argwhere(mask)[:, ::-1].astype(np.float32))
    for length, turn in ((width, 0), (height, 90)):
        reach = length / 2 * np.array([np.cos(np.radians(angle + turn)), np.sin(np.radians(angle + turn))])
        for share in np.linspace(-1, 1, max(int(length / 6), 3)):
            column, row = (int(each) for each in np.rint((x, y) + share * reach))
            arm = 4 if abs(share) == 1 else 0
            cv2.line(image, (column - arm, row), (column + arm, row), 255)
            cv2.line(image, (column, row - arm), (column, row + arm), 255)


def _generator(seed: int, label: str, number: int, use: str) -> np.random.Generator:
    return np.random.default_rng([seed, CLASSES.index(label), number, ("plan", "image", "copy").index(use)])


def _write(image: NDArray[np.uint8], path: str) -> None:
    # Speckle hardly compresses: more effort than 1 would cost more time than the simulation.
    Image.fromarray(image).save(path, compress_level=1)
