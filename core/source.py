"""DATA, as the user names it, becomes a local folder with its licence and citation."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core import phantom, phantom_dataset
from core.errors import UserError
from core.manifest import DataSource

if TYPE_CHECKING:
    from core.pipeline import Progress

PHANTOM = "phantom"
PHANTOM_DATA = DataSource(
    name="simulated B-mode phantoms",
    simulated=True,
    patient_ids=False,
    licence="CC0-1.0",
    citation="Simulated by core/phantom.py of this project; no patient was scanned.",
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
    """Return the folder that DATA names: a folder, or ``phantom`` for the embedded simulation.

    Phantoms are simulated once and kept in the user's cache.

    Raises:
        UserError: there is no such folder.
    """
    if data == PHANTOM and not Path(data).is_dir():
        return Source(_phantoms(progress), PHANTOM_DATA)
    folder = Path(data).expanduser()
    if not folder.is_dir():
        raise UserError(
            f"{data} is not a folder; give a folder with one sub-folder per class, or the word {PHANTOM}."
        )
    return Source(folder, _BUSI if is_busi(folder) else _unknown(folder))


def is_busi(folder: Path) -> bool:
    """Tell whether a folder holds the 780 images of BUSI, by their names."""
    return all(
        _numbers(folder / name, name) == set(range(1, count + 1)) for name, count in _BUSI_IMAGES.items()
    )


_BUSI = DataSource(
    name="BUSI, Dataset of breast ultrasound images",
    simulated=False,
    patient_ids=False,
    citation=BUSI_CITATION,
)


def _unknown(folder: Path) -> DataSource:
    return DataSource(name=folder.resolve().name, simulated=False, patient_ids=False)


def _numbers(folder: Path, name: str) -> set[int]:
    pattern = re.compile(rf"{name} \((\d+)\)\.png")
    files = folder.iterdir() if folder.is_dir() else ()
    return {int(match[1]) for file in files if (match := pattern.fullmatch(file.name))}


def _phantoms(progress: Progress) -> Path:
    # Keyed by the code that draws them: after a change of the simulation, old pictures are not used.
    room = Path(phantom.__file__).parent
    code = b"".join(path.read_bytes() for path in sorted(room.glob("phantom*.py")))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "breast-ultrasound"
    folder = cache / f"phantom-{hashlib.sha256(code).hexdigest()[:12]}"
    if not folder.is_dir():
        unfinished = cache / f"{folder.name}.{os.getpid()}"
        phantom_dataset.write_dataset(
            unfinished, progress=lambda done, count: progress("Simulating phantoms", done, count)
        )
        try:
            unfinished.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(unfinished)
    return folder
