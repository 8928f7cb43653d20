"""DATA, as the user names it, becomes a local folder with its licence and citation."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core import archive
from core.data_cache import cached
from core.errors import UserError
from core.hub import dataset as hub_dataset
from core.manifest import DataSource
from core.phantom import dataset as phantom_dataset

if TYPE_CHECKING:
    from core.progress import Progress

PHANTOM = "phantom"
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


class Source(NamedTuple):
    """A local folder with one sub-folder per class, and where its pictures came from."""

    folder: Path
    data: DataSource


def resolve(data: str, progress: Progress) -> Source:
    """Return the folder that DATA names.

    Phantoms are simulated once, a ZIP is unpacked once, a commit of the Hub is fetched once; all are kept in
    the user's cache.

    Args:
        data: a folder, a ZIP, ``hf://datasets/USER/NAME[@REVISION]`` on the Hub, or ``phantom`` for the
            embedded simulation.
        progress: told of every step.

    Raises:
        UserError: there is no such folder, the ZIP is not safe or not whole, or the Hub cannot give it.
    """
    if data == PHANTOM and not Path(data).is_dir():
        return Source(_phantoms(progress), PHANTOM_DATA)
    if data.startswith("hf://"):
        return _from_hub(hub_dataset.open_dataset(data, progress))
    path = Path(data).expanduser()
    if path.is_file():
        folder = archive.class_level(_unpacked(path, progress))
        return Source(folder, _BUSI if is_busi(folder) else _unknown(path.stem))
    if not path.is_dir():
        raise UserError(
            f"{data} is neither a folder nor a ZIP file; give one with a sub-folder per class, "
            f"{hub_dataset.PREFIX}USER/NAME on the Hub, or the word {PHANTOM}."
        )
    return Source(path, _BUSI if is_busi(path) else _unknown(path.resolve().name))


def is_busi(folder: Path) -> bool:
    """Tell whether a folder holds the 780 images of BUSI, by their names."""
    return all(
        _numbers(folder / name, name) == set(range(1, count + 1)) for name, count in _BUSI_IMAGES.items()
    )


def is_public(data: DataSource) -> bool:
    """Tell whether everybody can have these pictures: they are simulated, or those of BUSI."""
    return data.simulated or data.citation == BUSI_CITATION


_BUSI = DataSource(
    name="BUSI, Dataset of breast ultrasound images",
    simulated=False,
    patient_ids=False,
    citation=BUSI_CITATION,
)


def _from_hub(found: hub_dataset.HubDataset) -> Source:
    data = DataSource(
        name=str(found.repository),
        simulated=False,
        patient_ids=False,
        licence=found.licence,
        citation=BUSI_CITATION if is_busi(found.folder) else found.page,
    )
    return Source(found.folder, data)


def _unknown(name: str) -> DataSource:
    return DataSource(name=name, simulated=False, patient_ids=False)


def _numbers(folder: Path, name: str) -> set[int]:
    pattern = re.compile(rf"{name} \((\d+)\)\.png")
    files = folder.iterdir() if folder.is_dir() else ()
    return {int(match[1]) for file in files if (match := pattern.fullmatch(file.name))}


def _phantoms(progress: Progress) -> Path:
    def write(folder: Path) -> None:
        phantom_dataset.write_dataset(
            folder, progress=lambda done, count: progress("Simulating phantoms", done, count)
        )

    return cached(f"phantom-{phantom_dataset.digest_of_code()}", write)


def _unpacked(path: Path, progress: Progress) -> Path:
    # Keyed by the content: a ZIP that was downloaded anew under the same name is unpacked anew.
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()

    def write(folder: Path) -> None:
        archive.unpack(path, folder, lambda done, count: progress(f"Unpacking {path.name}", done, count))

    return cached(f"zip-{digest[:32]}", write)
