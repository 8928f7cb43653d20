"""Provenance of a data set: its source, the protocol, and a split that was read from a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

BIRADS = "birads"
KNOWN_COLUMNS = ("device", BIRADS)
"""Columns of the data's own tables that the tables of a bundle have too, where they are known."""
LESION_AREA = "lesion_area"
"""Another one: the share of the image that its segmentation masks cover, 0-1; missing without a mask."""
MAX_NAME = 200  # characters of the name of a data set
MAX_PARTS = 50
Protocol = Literal["paper", "naive", "clean"]
PROTOCOLS: tuple[Protocol, ...] = ("paper", "naive", "clean")


class DataSource(Strict):
    """Source of the images, their licence and their citation; of several sources, what holds for all."""

    name: str = Field(min_length=1, max_length=MAX_NAME)
    simulated: bool
    patient_ids: bool
    licence: str | None = None
    citation: str | None = None
    parts: dict[Annotated[str, Field(min_length=1, max_length=MAX_NAME)], DataSource] = Field(
        default={},
        max_length=MAX_PARTS,
        exclude_if=lambda parts: not parts,
        description="name before the files of a source → the source; empty where there is one source",
    )

    @model_validator(mode="after")
    def _is_flat(self) -> DataSource:
        if any(part.parts for part in self.parts.values()):
            raise ValueError("a part of a data source has parts of its own")
        return self

    def without_patient_ids(self) -> list[str]:
        """Return the names of its sources of real images whose patients are not known."""
        return [one.name for one in self.each() if not (one.simulated or one.patient_ids)]

    def each(self) -> tuple[DataSource, ...]:
        """Return its sources, or itself where it has no parts."""
        return tuple(self.parts.values()) or (self,)


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def combine(sources: Mapping[str, DataSource]) -> DataSource:
    """Return several sources as one; one is returned as it is.

    Args:
        sources: name before the files of a source → the source.
    """
    if len(sources) == 1:
        return next(iter(sources.values()))
    parts = list(sources.values())

    def listed(texts: Iterable[str | None], missing: str = "") -> str | None:
        """Name each source before what holds for it, or what is missing; None where nothing is known."""
        known = dict(zip(sources, texts, strict=True))
        pairs = [f"{name}: {text or missing}" for name, text in known.items() if text or missing]
        return "; ".join(pairs) if any(known.values()) else None

    # Tables of results tell sources apart by the names before their files.
    name = " and ".join(
        part.name if _plain(source) in _plain(part.name) else f"{part.name} ({source})"
        for source, part in sources.items()
    )
    return DataSource(
        name=name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…",
        simulated=all(part.simulated for part in parts),
        patient_ids=all(part.patient_ids for part in parts),
        # Otherwise the licence of one would be read as that of all.
        licence=listed((part.licence for part in parts), "not stated"),
        citation=listed(part.citation for part in parts),
        parts=dict(sources),
    )


class GivenSplit(Strict):
    """A split that was read from a file or came with the data set, and numbers of images."""

    file: str | None = Field(
        min_length=1,
        max_length=255,
        description="name of the file, without its folder; None for the data set's own split",
    )
    unlisted: int = Field(
        ge=0, alias="not_named", description="images that the file does not list; they are left out"
    )
    removed: int = Field(
        ge=0,
        alias="taken_out",
        description="images removed from training and validation under the protocol clean, else 0",
    )
    leaked: int = Field(
        ge=0,
        alias="test_copied",
        description="test images with an image of their group in training or validation",
    )
    conflicting: int = Field(
        ge=0, alias="test_contradictory", description="test images with a near-duplicate of another class"
    )

    def described(self, escape: Callable[[str], str], protocol: Protocol, *, grouped: bool) -> str:
        """Return sentences that describe the split.

        Args:
            escape: function that escapes the name of the file for the place where it is shown.
            protocol: protocol of the training.
            grouped: whether groups also join images of one patient or sub-folder.
        """
        source = (
            "was taken from the data set itself"
            if self.file is None
            else f"was read from the file {escape(self.file)}"
        )
        if protocol == "naive":
            text = f"The split {source} and used unchanged."
        elif not self.removed:
            text = f"The split {source}; no image had to be removed from it."
        else:
            related = " or images of the same patient or sub-folder" if grouped else ""
            images = "1 image was" if self.removed == 1 else f"{self.removed} images were"
            text = (
                f"The split {source}; its test set is unchanged. {images} removed from training and "
                f"validation: near-duplicates of test images{related}, from training also those of "
                "validation images, and near-duplicates with conflicting labels."
            )
        if self.unlisted:
            text += f" {self.unlisted} images that the split does not list were left out."
        return text

    def warnings(self, protocol: Protocol, test: int, *, grouped: bool) -> list[str]:
        """Return the reasons why the results are biased, one sentence each.

        Args:
            protocol: protocol of the training.
            test: number of test images.
            grouped: whether groups also join images of one patient or sub-folder.
        """
        sentences = []
        if self.leaked:
            source = "the data set's own" if self.file is None else "read from a file"
            others = " or other images of the same patient or sub-folder" if grouped else ""
            sentences.append(
                f"The split of protocol `{protocol}`, {source}, leaks: {self.leaked} of the {test} "
                f"test images have near-duplicates{others} in training or validation, so the results below "
                "are too high."
            )
        if self.conflicting:
            sentences.append(
                f"{self.conflicting} of the {test} test images have near-duplicates with another label, so "
                "one of the labels is wrong."
            )
        return sentences


PHANTOM_DATA = DataSource(
    name="simulated B-mode phantoms",
    simulated=True,
    patient_ids=False,
    licence="CC0-1.0",
    citation="Simulated by core/data/phantom of this project; no patient was scanned.",
)
BUSI_CITATION = (
    "W. Al-Dhabyani, M. Gomaa, H. Khaled, A. Fahmy: Dataset of breast ultrasound images. "
    "Data in Brief 28, 104863, 2020. doi 10.1016/j.dib.2019.104863"
)
BUSI = DataSource(
    name="BUSI, Dataset of breast ultrasound images",
    simulated=False,
    patient_ids=False,
    citation=BUSI_CITATION,
)
BREASTMNIST = DataSource(
    name="BreastMNIST of MedMNIST v2, made from BUSI",
    simulated=False,
    patient_ids=False,
    licence="CC-BY-4.0",
    citation="J. Yang et al.: MedMNIST v2 - A large-scale lightweight benchmark for 2D and 3D biomedical "
    "image classification. Scientific Data 10, 41, 2023. doi 10.1038/s41597-022-01721-8",
)
_BUSI_IMAGES = {"benign": 437, "malignant": 210, "normal": 133}


def is_busi(folder: Path) -> bool:
    """Return whether a folder contains the 780 images of BUSI, judged by their names."""
    return all(
        _numbers(folder / name, name) == set(range(1, count + 1)) for name, count in _BUSI_IMAGES.items()
    )


def is_phantom(data: DataSource) -> bool:
    """Return whether the images are the simulated data set, whichever version of this project made it."""
    return data.simulated and data.name == PHANTOM_DATA.name


def is_public(data: DataSource) -> bool:
    """Return whether the images are public: simulated, or those of a published data set known here."""
    # Here, since importing pandas takes a second, and help is to answer at once.
    from core.data.known_tables import KNOWN  # noqa: PLC0415

    published = {BUSI_CITATION, *(known.citation for known in KNOWN if known.citation)}
    return all(part.simulated or part.citation in published for part in data.each())


def _numbers(folder: Path, name: str) -> set[int]:
    pattern = re.compile(rf"{name} \((\d+)\)\.png")
    files = folder.iterdir() if folder.is_dir() else ()
    return {int(match[1]) for file in files if (match := pattern.fullmatch(file.name))}
