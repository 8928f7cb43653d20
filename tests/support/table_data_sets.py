"""Small data sets whose classes, patients and masks stand in a table, as those of real ones do."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import openpyxl
from data_sets import CLASSES, TWO_CLASSES, Expected
from speckle import HEIGHT, WIDTH, Tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PATIENTS = ("ALWI", "ANAT", "BEGA", "CHME", "DIRO", "ELVE", "FUMA", "GICA", "HEPO", "IRSA")
_COLOURS = {"Normal": (0, 0, 0), "Benign": (0, 255, 0), "Malignant": (255, 0, 0)}
_BREAST_FEATURES = {
    "Pixel_size": 0.0071,
    "Age": "57",
    "Tissue_composition": "heterogeneous: predominantly fat",
    "Signs": "palpable",
    "Symptoms": "breast injury",
    "Shape": "irregular",
    "Margin": "not circumscribed - angular&indistinct",
    "Echogenicity": "hypoechoic",
    "Posterior_features": "no",
    "Halo": "no",
    "Calcifications": "no",
    "Skin_thickening": "no",
}


def write_busbra(folder: Path, *, patients: int = 10) -> Expected:
    """BUS-BRA: Images, Masks and ``bus_data.csv``; two images of each patient, ``patients`` of each class.

    ``5-fold-cv.csv`` has the data set's folds: ``kFold`` by patient, the five others by image.
    """
    tree = Tree(folder, "BUS-BRA")
    rows, folds = [], []
    for case in range(1, patients * len(TWO_CLASSES) + 1):
        pathology = TWO_CLASSES[case % 2]
        fold = (case - 1) // 2 % 5 + 1
        for side, name in (("l", "left"), ("r", "right")):
            number = f"{case:04d}-{side}"
            tree.image(f"Images/bus_{number}.png")
            tree.mask(f"Masks/mask_{number}.png")
            histology = "fibroadenoma" if pathology == "benign" else "invasive ductal carcinoma"
            device = "Toshiba Aplio 300 @12MHz" if case % 3 else "GE Logiq 7 @10-14MHz"
            size = (WIDTH, HEIGHT, name, "[20,18,32,24]")
            rows.append((f"bus_{number}", case, histology, pathology, 2 + case % 4, device, *size))
            own = ["NaN" if other == fold else (case + other) % 5 and 1 for other in range(1, 6)]
            folds.append((f"bus_{number}", pathology, fold, *own))
    header = "ID,Case,Histology,Pathology,BIRADS,Device,Width,Height,Side,BBOX"
    tree.write("bus_data.csv", _csv(header, rows, ","))
    tree.write(
        "5-fold-cv.csv", _csv("ID,Pathology,kFold,valid_1,valid_2,valid_3,valid_4,valid_5", folds, ",")
    )
    return Expected(
        dict.fromkeys(TWO_CLASSES, 2 * patients),
        masks=len(rows),
        patients=patients * len(TWO_CLASSES),
        says=("BUS-BRA", "bus_data.csv"),
    )


def write_bus_uclm(folder: Path, *, frames: int = 2) -> Expected:
    """BUS-UCLM: images, masks and ``INFO.csv``, with semicolons and a byte-order mark.

    The patient is the beginning of the name; each has frames of all three classes, so that groups hold
    several. Masks are green on black for benign, red for malignant, black for normal.

    Args:
        folder: new folder.
        frames: number of images of each class of each of ten patients.
    """
    tree = Tree(folder, "BUS-UCLM")
    rows = []
    for patient in _PATIENTS:
        for number in range(frames * len(_COLOURS)):
            label = list(_COLOURS)[number // frames]
            name = f"{patient}_{number:03d}.png"
            tree.image(f"images/{name}")
            tree.mask(f"masks/{name}", _COLOURS[label])
            rows.append((name, f"{WIDTH}x{HEIGHT}", label, "No", "Yes" if number else "No", "No"))
    header = "Image;Resolution;Label;Doppler;Marks;Combined"
    tree.write("INFO.csv", "\N{BYTE ORDER MARK}" + _csv(header, rows, ";"))
    return Expected(
        dict.fromkeys(CLASSES, frames * len(_PATIENTS)),
        masks=len(rows),
        patients=len(_PATIENTS),
        says=("BUS-UCLM", "INFO.csv"),
    )


def write_breast_tcia(folder: Path, *, per_class: int = 12) -> Expected:
    """BrEaST: images and masks in one folder beside an ``.xlsx``; a case is a patient with one image.

    Every fourth case has two further masks in one cell, joined by ``&``. Normal cases have no mask.
    """
    tree, masks = Tree(folder, "BrEaST"), 0
    images = "BrEaST-Lesions_USG-images_and_masks"
    rows: list[dict[str, Any]] = []
    for case in range(1, per_class * len(CLASSES) + 1):
        name = CLASSES[case % len(CLASSES)]
        stem = f"case{case:03d}"
        tree.image(f"{images}/{stem}.png")
        own = [] if name == "normal" else [f"{stem}_tumor.png"]
        others = [f"{stem}_other{number}.png" for number in (1, 2)] if own and case % 4 == 0 else []
        for mask in own + others:
            tree.mask(f"{images}/{mask}")
        masks += len(own + others)
        rows.append(
            {
                "CaseID": case,
                "Image_filename": f"{stem}.png",
                "Mask_tumor_filename": own[0] if own else None,
                "Mask_other_filename": "&".join(others) or None,
                **_BREAST_FEATURES,
                "Interpretation": "Breast scar (surgery)",
                "BIRADS": "1" if name == "normal" else "4a",
                "Verification": "not applicable" if name == "normal" else "confirmed by biopsy",
                "Diagnosis": "not applicable" if name == "normal" else "Fibroadenoma",
                "Classification": name,
            }
        )
    table = "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx"
    _write_xlsx(
        tree, table, "BrEaST-Lesions-USG clinical dat", [list(rows[0]), *(row.values() for row in rows)]
    )
    return Expected(
        dict.fromkeys(CLASSES, per_class),
        masks=masks,
        patients=len(rows),
        says=("BrEaST", table),
    )


def write_udiat(folder: Path, *, per_class: int = 12) -> Expected:
    """UDIAT's data set B: original, GT and ``DatasetB.xlsx``, where image 1 is the file 000001.png."""
    tree = Tree(folder, "UDIAT")
    rows: list[tuple[object, ...]] = [("Image", "Type")]
    for number in range(1, per_class * len(TWO_CLASSES) + 1):
        tree.image(f"original/{number:06d}.png")
        tree.mask(f"GT/{number:06d}.png")
        rows.append((number, TWO_CLASSES[number % 2].capitalize()))
    _write_xlsx(tree, "DatasetB.xlsx", "Sheet1", rows)
    return Expected(dict.fromkeys(TWO_CLASSES, per_class), masks=len(rows) - 1, says=("DatasetB.xlsx",))


def write_hub_metadata(folder: Path, *, sets: tuple[str, ...] = ("train",), per_class: int = 12) -> Expected:
    """The Hub's image folder: ``metadata.csv`` beside the images of each set.

    Args:
        folder: new folder.
        sets: names of the sets, in order; the data set has a split of its own if there are several.
        per_class: number of images of each class in each set.
    """
    tree = Tree(folder, "metadata")
    for own in sets:
        rows = [(f"{number:04d}.png", CLASSES[number % 3]) for number in range(per_class * len(CLASSES))]
        tree.image(*(f"{own}/{file}" for file, _ in rows))
        tree.write(f"{own}/metadata.csv", _csv("file_name,label", rows, ","))
    return Expected(
        dict.fromkeys(CLASSES, per_class * len(sets)),
        sets=dict.fromkeys(sets, per_class * len(CLASSES)) if len(sets) > 1 else None,
        says=("metadata.csv", *(("--split own",) if len(sets) > 1 else ())),
    )


def _csv(header: str, rows: Sequence[Sequence[object]], separator: str) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\r\n")
    writer.writerow(header.split(separator))
    writer.writerows(rows)
    return file.getvalue()


def _write_xlsx(tree: Tree, file: str, sheet: str, rows: Sequence[Any]) -> None:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    data = io.BytesIO()
    book.save(data)
    tree.write(file, data.getvalue())
