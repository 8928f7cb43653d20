"""A data set of the Hub becomes a local folder with one sub-folder per class, from one pinned commit."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from core.data import parquet
from core.data.archive import MAX_BYTES
from core.data.cache import cached, find_cached
from core.errors import UserError
from core.hub.client import hub_api, remote_files
from core.hub.errors import HubUnavailableError, translate_errors
from core.hub.repository import Repository
from core.hub.snapshot import (
    arrived_damaged,
    discard_damaged,
    fetch,
    remember,
    remembered,
    resolve,
)
from core.images.decode import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from huggingface_hub import HfApi

    from core.hub.snapshot import Snapshot
    from core.progress import Progress

PREFIX = "hf://datasets/"
# Hidden, so that nobody takes it for an image without a class.
_FACTS = ".data-set.json"
# What the Hub's image folders call the parts of a data set; here the protocol splits.
_PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})


class HubDataset(NamedTuple):
    """A folder with one sub-folder per class.

    Attributes:
        folder: where it lies.
        repository: at its commit.
        licence: as the data set's card has it, or None.
        page: its address on the Hub.
    """

    folder: Path
    repository: Repository
    licence: str | None
    page: str


def open_dataset(data: str, progress: Progress) -> HubDataset:
    """Return a data set of the Hub as a folder; what was fetched once costs no request when it is pinned.

    Args:
        data: ``hf://datasets/USER/NAME`` or ``hf://datasets/USER/NAME@REVISION``. It holds an image folder,
            or Parquet files with an image and a label (or class) column.
        progress: told of every step.

    Raises:
        UserError: no such name or revision, no access, no network, no room, or nothing that can be used.
    """
    asked = Repository.parse(data.removeprefix(PREFIX), "dataset")
    if asked is None:
        raise UserError(f"{data!r} names no data set of the Hub: give {PREFIX}USER/NAME[@REVISION].")
    api = hub_api(None, None)
    pinned = Repository(asked.name, _commit(api, asked, progress), "dataset")
    name = _folder_name(asked, str(pinned.revision))
    folder = find_cached(name) or cached(name, lambda new: _write(api, pinned, new, progress))
    remember(asked, str(pinned.revision))
    licence = json.loads((folder / _FACTS).read_text(encoding="utf-8"))["licence"]
    return HubDataset(folder, pinned, licence, f"{api.endpoint}/{pinned.page}")


def _commit(api: HfApi, asked: Repository, progress: Progress) -> str:
    if asked.is_pinned:
        return str(asked.revision)
    try:
        return resolve(api, asked)
    except HubUnavailableError as error:
        commit = remembered(asked)
        if commit is None or find_cached(_folder_name(asked, commit)) is None:
            raise
        progress(f"{error} Going on with commit {commit[:7]}, fetched before", 1, 1)
        return commit


def _folder_name(repository: Repository, commit: str) -> str:
    return f"hub-{repository.name.replace('/', '--')}-{commit}"


def _write(api: HfApi, pinned: Repository, folder: Path, progress: Progress) -> None:
    with translate_errors(pinned, api):
        info = api.dataset_info(pinned.name, revision=pinned.revision)
        sizes = {
            path: file.size
            for path, file in remote_files(api, pinned.name, str(pinned.revision), "dataset").items()
        }
    card: dict[str, Any] = info.card_data.to_dict() if info.card_data else {}
    tables = [
        path for path in sizes if path.endswith(".parquet") and "metadata" not in PurePosixPath(path).name
    ]
    wanted = tables or [path for path in sizes if path.lower().endswith(EXTENSIONS)]
    if not wanted:
        raise UserError(
            f"{pinned} holds neither images in folders named after their classes nor Parquet files; fetch "
            "it yourself, bring it into that form, and give the folder."
        )
    folder.mkdir(parents=True)
    size = sum(sizes[path] for path in wanted)
    _check_room(pinned, size, folder)
    snapshot = _fetched(pinned, wanted, size, progress)
    if tables:
        paths = [snapshot.folder / path for path in sorted(tables)]
        parquet.unpack(paths, folder, parquet.names_in(card), progress)
    else:
        _place(snapshot, wanted, folder, pinned)
    licence = card.get("license")
    facts = {"licence": ", ".join(licence) if isinstance(licence, list) else licence}
    (folder / _FACTS).write_text(json.dumps(facts), encoding="utf-8")


def _fetched(pinned: Repository, wanted: list[str], size: int, progress: Progress) -> Snapshot:
    endings = {PurePosixPath(path).suffix for path in wanted}
    what, megabytes = f"Fetching {pinned}, MB", -(-size // 10**6)

    def report(done: int, _: int) -> None:
        progress(what, min(done // 10**6, megabytes - 1), megabytes)

    snapshot = fetch(pinned, [f"*{ending}" for ending in endings], progress=report)
    progress(what, megabytes, megabytes)
    if damaged := discard_damaged(pinned, snapshot):
        raise arrived_damaged(pinned, damaged)
    return snapshot


def _check_room(pinned: Repository, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size > min(free, MAX_BYTES):
        why = "that is more than this program takes"
        if size > free:
            why = f"{folder.parent} has {free / 1e9:.1f} GB left"
        raise UserError(
            f"{pinned} has {size / 1e9:.1f} GB, and {why}: make room, set XDG_CACHE_HOME to another disk, or "
            "give a folder."
        )


def _place(snapshot: Snapshot, files: list[str], folder: Path, pinned: Repository) -> None:
    """Put the images of an image folder into a folder per class."""
    for file, place in places(files).items():
        if ".." in place.parts or place.is_absolute():
            raise UserError(f"{pinned} was not used: {file} would leave its folder.")
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        source = (snapshot.folder / file).resolve()
        try:
            os.link(source, target)  # the cache keeps its own name for the same bytes
        except OSError:
            shutil.copyfile(source, target)


def places(files: Iterable[str]) -> dict[str, PurePosixPath]:
    """Return where the images of an image folder go: class first, then the part, if there are any.

    Folders around everything are left out, and so are images that lie in no folder and hidden ones.

    Args:
        files: paths such as ``data/train/benign/1.png``.
    """
    paths = {
        file: PurePosixPath(file) for file in files if not any(p[0] == "." for p in file.split("/") if p)
    }
    paths = {file: path for file, path in paths.items() if len(path.parts) > 1}
    while paths and len({path.parts[0] for path in paths.values()}) == 1:
        if min(len(path.parts) for path in paths.values()) < 3:  # noqa: PLR2004 - class and file
            break
        paths = {file: PurePosixPath(*path.parts[1:]) for file, path in paths.items()}
    if all(path.parts[0].lower() in _PARTS and len(path.parts) > 2 for path in paths.values()):  # noqa: PLR2004
        paths = {
            file: PurePosixPath(path.parts[1], path.parts[0], *path.parts[2:]) for file, path in paths.items()
        }
    return paths
