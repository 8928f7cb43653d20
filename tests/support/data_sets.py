"""Small data sets with the names, columns and layouts of real ones, and what a reader must find in each.

``write_NAME(folder)`` writes one. Its images are all different, so near-duplicates join no groups, and every
class has enough of them (or of patients) for a split into ten parts. The data sets around a table are in
``table_data_sets``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from dicoms import dicom
from PIL import Image
from speckle import Tree

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("benign", "malignant", "normal")
TWO_CLASSES = ("benign", "malignant")


class Expected(NamedTuple):
    """What a reader finds in a data set.

    Attributes:
        classes: number of images of each class; empty where the data set must be refused.
        masks: number of segmentation masks that are left out of the images.
        patients: number of groups that a patient or a sub-folder gives; None where nothing gives any.
        sets: number of images of each of the data set's own sets, None where it has no split of its own.
        says: fragments of the sentences that every command must say.
    """

    classes: dict[str, int]
    masks: int = 0
    patients: int | None = None
    sets: dict[str, int] | None = None
    says: tuple[str, ...] = ()


def write_busi(folder: Path, *, per_class: int = 12) -> Expected:
    """BUSI: class folders with a mask beside each image, two beside every tenth; normal ones are black."""
    tree, masks = Tree(folder, "busi"), 0
    for name in CLASSES:
        for number in range(1, per_class + 1):
            stem = f"{name}/{name} ({number})"
            tree.image(f"{stem}.png")
            endings = ("_mask", "_mask_1") if number % 10 == 1 and name != "normal" else ("_mask",)
            for ending in endings:
                tree.mask(f"{stem}{ending}.png", 0 if name == "normal" else 255)
            masks += len(endings)
    return Expected(dict.fromkeys(CLASSES, per_class), masks=masks)


def write_own_split(
    folder: Path, *, sets: tuple[str, str, str] = ("train", "valid", "test"), per_class: int = 12
) -> Expected:
    """A folder per set around the class folders; ``sets`` are their names, such as Training, Dev, Testing."""
    tree = Tree(folder, "own split")
    small = per_class // 6
    counts = dict(zip(sets, (per_class - 2 * small, small, small), strict=True))
    for name in TWO_CLASSES:
        for own, count in counts.items():
            # The numbers start again in each set, as they do where sets were exported one by one.
            tree.image(*(f"{own}/{name}/{number:03d}.png" for number in range(count)))
    numbers = (len(TWO_CLASSES) * count for count in counts.values())
    return Expected(
        dict.fromkeys(TWO_CLASSES, per_class),
        sets=dict(zip(("train", "validation", "test"), numbers, strict=True)),
        says=("--split own",),
    )


def write_videos(folder: Path, *, per_class: int = 10, frames: int = 2) -> Expected:
    """A folder of frames per video or patient in each class; ``per_class`` is the number of folders."""
    tree = Tree(folder, "videos")
    for name in TWO_CLASSES:
        for number in range(1, per_class + 1):
            # No name stands in both classes: a patient with lesions of both kinds would be one group.
            kind = f"video{number:02d}" if name == "benign" else f"patient{number + 20}"
            tree.image(*(f"{name}/{kind}/{frame:03d}.png" for frame in range(frames)))
    count = per_class * len(TWO_CLASSES)
    return Expected(
        dict.fromkeys(TWO_CLASSES, per_class * frames), patients=count, says=(str(count), "--groups none")
    )


def write_flat(folder: Path, *, per_class: int = 12) -> Expected:
    """One folder; the class begins the file name."""
    tree = Tree(folder, "flat")
    numbers = range(1, per_class + 1)
    tree.image(*(f"benign ({number}).png" for number in numbers))
    tree.image(*(f"malignant_{number:03d}.png" for number in numbers))
    tree.image(*(f"normal-{number}.png" for number in numbers))
    return Expected(dict.fromkeys(CLASSES, per_class))


def write_wrapped(folder: Path, *, per_class: int = 12) -> Expected:
    """One folder around BUSI's class folders, as its archive unpacks."""
    return write_busi(folder / "Dataset_BUSI_with_GT", per_class=per_class)


def write_messy_names(folder: Path, *, per_class: int = 12) -> Expected:
    """Class folders that differ in case or in a blank only, each with half of the images of its class."""
    tree, half = Tree(folder, "messy names"), per_class // 2
    for name, start in (("Benign", 0), ("benign ", half), ("MALIGNANT", 0), ("malignant", half)):
        tree.image(*(f"{name}/{start + number}.png" for number in range(half)))
    return Expected(dict.fromkeys(TWO_CLASSES, 2 * half))


def write_not_classes(
    folder: Path, *, names: tuple[str, ...] = ("images", "masks"), per_class: int = 12
) -> Expected:
    """Folders whose names are no classes, without a table: images, masks, augmented, gt, labels, …"""
    tree = Tree(folder, "not classes")
    for name in names:
        for number in range(per_class):
            file = f"{name}/{number}.png"
            if name in ("masks", "gt", "labels"):
                tree.mask(file)
            else:
                tree.image(file)
    return Expected({}, says=tuple(name for name in names if name not in CLASSES))


def write_twin_masks(folder: Path, *, inside: bool = False, per_class: int = 12) -> Expected:
    """Masks with the names of their images, in folders of their own.

    Args:
        folder: new folder.
        inside: whether each class folder holds images/ and masks/, as in BUS-UC, instead of being held.
        per_class: number of images of each class.
    """
    tree = Tree(folder, "twin masks")
    for name in TWO_CLASSES:
        images, masks = (f"{name}/{kind}" if inside else f"{kind}/{name}" for kind in ("images", "masks"))
        for number in range(1, per_class + 1):
            tree.image(f"{images}/{number}.png")
            tree.mask(f"{masks}/{number}.png")
    return Expected(dict.fromkeys(TWO_CLASSES, per_class), masks=per_class * len(TWO_CLASSES))


def write_curated(folder: Path, *, per_class: int = 12, deleted: int = 4) -> Expected:
    """Curated BUSI: of each class, the images of the last masks were deleted, the masks were not."""
    tree = Tree(folder, "curated")
    for name in TWO_CLASSES:
        for number in range(1, per_class + deleted + 1):
            if number <= per_class:
                tree.image(f"{name}/{name} ({number}).png")
            tree.mask(f"{name}/{name} ({number})_mask.png")
    orphans = deleted * len(TWO_CLASSES)
    return Expected(
        dict.fromkeys(TWO_CLASSES, per_class),
        masks=(per_class + deleted) * len(TWO_CLASSES),
        says=(str(orphans), "mask"),
    )


def write_litter(folder: Path, *, per_class: int = 12) -> Expected:
    """Class folders among what file managers, notebooks and archivers leave behind, none of it to be read."""
    tree = Tree(folder, "litter")
    for name in TWO_CLASSES:
        tree.image(*(f"{name}/{number}.png" for number in range(1, per_class + 1)))
        tree.write(f"{name}/Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
        tree.write(f"{name}/desktop.ini", "[.ShellClassInfo]\r\n")
        tree.write(f"{name}/.DS_Store", b"\0\0\0\1Bud1" + bytes(24))
        # A Mac's second half of a file: the ending of an image, the content of none.
        tree.write(f"{name}/._1.png", b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(16))
        tree.image(f"{name}/.ipynb_checkpoints/1-checkpoint.png", f".ipynb_checkpoints/{name}.png")
        tree.write(f"__MACOSX/{name}/._1.png", b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(16))
    tree.image("__MACOSX/stray.png")
    tree.write("notes.txt", "Images of the first visit only.\n")
    tree.write("benign/notes.txt", "Number 3 was measured twice.\n")
    tree.write("malignant/1.xml", "<annotation/>\n")
    return Expected(dict.fromkeys(TWO_CLASSES, per_class))


def write_endings(folder: Path, *, per_class: int = 24) -> Expected:
    """Images under every ending, or none; of malignant, a GIF of four frames and a cut PNG cannot be read.

    With 24 images or more the two are less than a tenth of their class, with fewer more.
    """
    tree = Tree(folder, "endings")
    tree.image(*(f"benign/{number}.png" for number in range(per_class)))
    for number in range(per_class):
        stem, pixels = f"malignant/{number}", tree.pixels()
        match number % 6:
            case 0:
                tree.save(f"{stem}.png", Image.fromarray(pixels))
            case 1:
                tree.save(f"{stem}.jfif", Image.fromarray(pixels), quality=95)
            case 2:
                tree.save(f"{stem}.gif", Image.fromarray(pixels))
            case 3:
                tree.write(f"{stem}.dcm", dicom(pixels))
            case 4:
                tree.save(stem, Image.fromarray(pixels), "PNG")
            case _:
                tree.save(f"{stem}.jpe", Image.fromarray(pixels), quality=95)
    first, *others = (Image.fromarray(tree.pixels()) for _ in range(4))
    tree.save("malignant/video.gif", first, save_all=True, append_images=others, duration=100)
    tree.save("malignant/cut off.png", Image.fromarray(tree.pixels()))
    cut = folder / "malignant" / "cut off.png"
    cut.write_bytes(cut.read_bytes()[:1500])
    return Expected(dict.fromkeys(TWO_CLASSES, per_class), says=("2 of", "malignant"))


def write_breastmnist_npz(folder: Path, *, counts: tuple[int, int, int] = (24, 6, 12)) -> Expected:
    """BreastMNIST's file: 28 × 28 images and labels of three sets, 0 malignant, 1 normal or benign.

    Args:
        folder: new folder of ``breastmnist.npz``.
        counts: number of training, validation and test images; a third of each is malignant. BreastMNIST
            itself has 546, 78 and 156.
    """
    tree, arrays = Tree(folder, "breastmnist"), {}
    for own, count in zip(("train", "val", "test"), counts, strict=True):
        arrays[f"{own}_images"] = np.array(
            [Image.fromarray(tree.pixels()).resize((28, 28)) for _ in range(count)], np.uint8
        )
        arrays[f"{own}_labels"] = (np.arange(count) % 3 > 0).astype(np.uint8)[:, np.newaxis]
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "breastmnist.npz", **arrays)
    positive = sum(int((arrays[f"{own}_labels"] == 0).sum()) for own in ("train", "val", "test"))
    return Expected(
        {"malignant": positive, "normal, benign": sum(counts) - positive},
        sets=dict(zip(("train", "validation", "test"), counts, strict=True)),
        says=("--split own",),
    )
