"""Where images came from, how they were split, and how that is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from core.schema import Strict

if TYPE_CHECKING:
    from pathlib import Path


Protocol = Literal["paper", "naive", "clean"]


class DataSource(Strict):
    """Where the images came from, and what may be done with them."""

    name: str = Field(min_length=1, max_length=200)
    simulated: bool
    patient_ids: bool
    licence: str | None = None
    citation: str | None = None


class GivenSplit(Strict):
    """A split that was read from a file, with numbers of images."""

    file: str = Field(min_length=1, max_length=255, description="its name, without the folder")
    not_named: int = Field(ge=0, description="images of the data that it does not name, left out")
    taken_out: int = Field(
        ge=0, description="left out of training and validation as copies; none under the protocol naive"
    )
    test_copied: int = Field(
        ge=0, description="test images with an image of their group in training or validation"
    )
    test_contradictory: int = Field(ge=0, description="test images with a near-duplicate of another class")

    def described(self, name: str, protocol: Protocol, *, patient_ids: bool) -> str:
        """Return how the images were split, in sentences.

        Args:
            name: the file's, escaped for the place where it is shown.
            protocol: of the training.
            patient_ids: whether groups are of patients too.
        """
        said = f"The split was not drawn but read from the file {name}, and "
        if protocol == "naive":
            said += "taken as it stands."
        else:
            related = "near-duplicates or other images of a patient" if patient_ids else "near-duplicates"
            said += (
                f"its test set taken as it stands. Training and validation lost {self.taken_out} images: "
                f"{related} of test images, in training also of validation images, and copies with "
                "conflicting labels."
            )
        return said + f" Images that it does not name were left out: {self.not_named}." * bool(self.not_named)

    def warnings(self, protocol: Protocol, test: int, *, patient_ids: bool) -> list[str]:
        """Return why the figures must not be taken at face value, one sentence for each reason.

        Args:
            protocol: of the training.
            test: number of test images.
            patient_ids: whether groups are of patients too.
        """
        found = []
        if self.test_copied:
            others = ", or other images of their patients," if patient_ids else ""
            found.append(
                f"The split that protocol `{protocol}` took from a file leaks: near-duplicates of "
                f"{self.test_copied} of the {test} test images{others} stand in training or validation, so "
                "the figures below are too high."
            )
        if self.test_contradictory:
            found.append(
                f"Near-duplicates of {self.test_contradictory} of the {test} test images have another label: "
                "for each, one of the labels must be wrong."
            )
        return found


PROTOCOLS: tuple[Protocol, ...] = ("paper", "naive", "clean")
PHANTOM_DATA = DataSource(
    name="simulated B-mode phantoms",
    simulated=True,
    patient_ids=False,
    licence="CC0-1.0",
    citation="Simulated by core/phantom of this project; no patient was scanned.",
)
BUSI_CITATION = (
    "W. Al-Dhabyani, M. Gomaa, H. Khaled, A. Fahmy: Dataset of breast ultrasound images. "
    "Data in Brief 28, 104863, 2020. doi 10.1016/j.dib.2019.104863"
)
_BUSI_IMAGES = {"benign": 437, "malignant": 210, "normal": 133}


def is_busi(folder: Path) -> bool:
    """Tell whether a folder holds the 780 images of BUSI, by their names."""
    return all(
        _numbers(folder / name, name) == set(range(1, count + 1)) for name, count in _BUSI_IMAGES.items()
    )


def is_public(data: DataSource) -> bool:
    """Tell whether everybody can have these images: they are simulated, or those of BUSI."""
    return data.simulated or data.citation == BUSI_CITATION


BUSI = DataSource(
    name="BUSI, Dataset of breast ultrasound images",
    simulated=False,
    patient_ids=False,
    citation=BUSI_CITATION,
)


def _numbers(folder: Path, name: str) -> set[int]:
    pattern = re.compile(rf"{name} \((\d+)\)\.png")
    files = folder.iterdir() if folder.is_dir() else ()
    return {int(match[1]) for file in files if (match := pattern.fullmatch(file.name))}
