"""Find the data set that the user names: its local folder, licence and citation."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.data import archive
from core.data.cache import cached
from core.data.listing import utf8_name
from core.data.phantom import dataset as phantom_dataset
from core.data.provenance import BUSI, BUSI_CITATION, MAX_NAME, PHANTOM_DATA, DataSource, is_busi
from core.errors import UserError
from core.files import expand_user
from core.hub import dataset as hub_dataset

if TYPE_CHECKING:
    from core.progress import Progress

PHANTOM = "phantom"


class Source(NamedTuple):
    """Local folder with one sub-folder per class, and the source of its images."""

    folder: Path
    data: DataSource


def resolve(data: str, progress: Progress) -> Source:
    """Find a data set, and simulate, unpack or download it where needed.

    Phantoms are simulated once, a ZIP is unpacked once, a commit of the Hub is downloaded once; all are kept
    in the user's cache.

    Args:
        data: folder, ZIP file, ``hf://datasets/USER/NAME[@REVISION]`` on the Hub, or ``phantom`` for
            simulated images.
        progress: function that reports each step.

    Raises:
        UserError: there is no such folder, the ZIP file is unsafe or incomplete, or the download failed.
    """
    if data == PHANTOM and not Path(data).is_dir():
        return Source(_phantoms(progress), PHANTOM_DATA)
    if data.startswith("hf://"):
        return _from_hub(hub_dataset.open_dataset(data, progress))
    path = expand_user(data)
    if path.is_file():
        folder = archive.dataset_root(_unpacked(path, progress))
        return Source(folder, BUSI if is_busi(folder) else _unknown(path.stem))
    if not path.is_dir():
        raise UserError(
            f"{data} is neither a folder nor a ZIP file; give one with a sub-folder per class, "
            f"{hub_dataset.PREFIX}USER/NAME on the Hub, or the word {PHANTOM}."
        )
    return Source(path, BUSI if is_busi(path) else _unknown(path.resolve().name))


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
    """Return the source of data that is named after its folder or file; / has no name."""
    name = utf8_name(name) or "data"
    if len(name) > MAX_NAME:
        name = f"{name[: MAX_NAME - 1]}…"
    return DataSource(name=name, simulated=False, patient_ids=False)


def _phantoms(progress: Progress) -> Path:
    def write(folder: Path) -> None:
        phantom_dataset.write_dataset(
            folder, progress=lambda done, count: progress("Simulating phantoms", done, count)
        )

    return cached(f"phantom-{phantom_dataset.digest_of_code()}", write)


def _unpacked(path: Path, progress: Progress) -> Path:
    # Keyed by the content: another ZIP under the same name is unpacked again.
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()

    def write(folder: Path) -> None:
        archive.unpack(path, folder, lambda done, count: progress(f"Unpacking {path.name}", done, count))

    return cached(f"zip-{digest[:32]}", write)
