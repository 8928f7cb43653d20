"""Fetch one pinned commit of a Hub data set into a local folder with one sub-folder per class."""

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
from core.files import size_in_words
from core.hub.client import hub_api, remote_files
from core.hub.errors import HubUnavailableError, translate_errors
from core.hub.repository import Repository
from core.hub.snapshot import (
    damaged_files_error,
    fetch,
    remove_damaged_files,
    resolve,
    save_commit,
    saved_commit,
)
from core.images.decode import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from huggingface_hub import HfApi

    from core.hub.snapshot import Snapshot
    from core.progress import Progress

PREFIX = "hf://datasets/"
# Hidden, since it is not part of the data.
_METADATA = ".data-set.json"
# Folder names of training, validation and test set in image folders; here the protocol splits.
_SET_NAMES = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})


class HubDataset(NamedTuple):
    """A data set of the Hub in a local folder.

    Attributes:
        folder: folder with one sub-folder per class.
        repository: repository at its commit.
        licence: licence in the data set's card, or None.
        page: address on the Hub.
    """

    folder: Path
    repository: Repository
    licence: str | None
    page: str


def open_dataset(data: str, progress: Progress) -> HubDataset:
    """Return a data set of the Hub as a folder; a cached data set at a pinned commit costs no request.

    Args:
        data: ``hf://datasets/USER/NAME`` or ``hf://datasets/USER/NAME@REVISION`` of an image folder, or of
            Parquet files with an image and a label (or class) column.
        progress: function that reports the steps.

    Raises:
        UserError: no such name or revision, no access, no network, no disk space, or no usable data.
    """
    asked = Repository.parse(data.removeprefix(PREFIX), "dataset")
    if asked is None:
        raise UserError(f"{data!r} is not a data set of the Hub: give {PREFIX}USER/NAME[@REVISION].")
    api = hub_api(None, None)
    pinned = Repository(asked.name, _commit(api, asked, progress), "dataset")
    name = _folder_name(asked, str(pinned.revision))
    folder = find_cached(name) or cached(name, lambda new: _write(api, pinned, new, progress))
    save_commit(asked, str(pinned.revision))
    licence = json.loads((folder / _METADATA).read_text(encoding="utf-8"))["licence"]
    return HubDataset(folder, pinned, licence, f"{api.endpoint}/{pinned.page}")


def _commit(api: HfApi, asked: Repository, progress: Progress) -> str:
    if asked.is_pinned:
        return str(asked.revision)
    try:
        return resolve(api, asked)
    except HubUnavailableError as error:
        commit = saved_commit(asked)
        if commit is None or find_cached(_folder_name(asked, commit)) is None:
            raise
        progress(f"{error} Using commit {commit[:7]} from the cache, which may be out of date", 1, 1)
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
            f"{pinned} has neither images in one folder per class nor Parquet files: download it, arrange it "
            "that way, and give the folder."
        )
    folder.mkdir(parents=True)
    size = sum(sizes[path] for path in wanted)
    _check_disk_space(pinned, size, folder)
    snapshot = _fetch_files(pinned, wanted, size, progress)
    if tables:
        paths = [snapshot.folder / path for path in sorted(tables)]
        parquet.unpack(paths, folder, parquet.class_names(card), progress)
    else:
        _link_images(snapshot, wanted, folder, pinned)
    licence = card.get("license")
    metadata = {"licence": ", ".join(licence) if isinstance(licence, list) else licence}
    (folder / _METADATA).write_text(json.dumps(metadata), encoding="utf-8")


def _fetch_files(pinned: Repository, wanted: list[str], size: int, progress: Progress) -> Snapshot:
    endings = {PurePosixPath(path).suffix for path in wanted}
    what, megabytes = f"Fetching {pinned}, MB", -(-size // 10**6)

    def report(done: int, _: int) -> None:
        progress(what, min(done // 10**6, megabytes - 1), megabytes)

    snapshot = fetch(pinned, [f"*{ending}" for ending in endings], progress=report)
    progress(what, megabytes, megabytes)
    if damaged := remove_damaged_files(pinned, snapshot):
        raise damaged_files_error(pinned, damaged)
    return snapshot


def _check_disk_space(pinned: Repository, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size > min(free, MAX_BYTES):
        limit = f"the limit is {size_in_words(MAX_BYTES)}"
        if size > free:
            limit = f"{folder.parent} has {size_in_words(free)} left"
        raise UserError(
            f"{pinned} has {size_in_words(size)}, and {limit}: free disk space, set XDG_CACHE_HOME to "
            "another disk, or give a folder."
        )


def _link_images(snapshot: Snapshot, files: list[str], folder: Path, pinned: Repository) -> None:
    """Link the images of an image folder into one folder per class."""
    for file, path in target_paths(files).items():
        if ".." in path.parts or path.is_absolute():
            raise UserError(f"{pinned} cannot be used: the path {file} leads out of its folder.")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        source = (snapshot.folder / file).resolve()
        if target.exists():  # a disk may take names for one that differ in case alone
            raise UserError(
                f"{pinned} cannot be used: {file} and another image have the same name on this disk; "
                "rename one of them."
            )
        try:
            os.link(source, target)  # the cache keeps the same bytes
        except OSError:
            shutil.copyfile(source, target)


def target_paths(files: Iterable[str]) -> dict[str, PurePosixPath]:
    """Return the target paths of the images in an image folder: class first, then the set, if any.

    Folders around all images are removed from the paths; images outside folders and hidden files are skipped.

    Args:
        files: paths in the repository, such as ``data/train/benign/1.png``.
    """
    paths = {
        file: PurePosixPath(file) for file in files if not any(p[0] == "." for p in file.split("/") if p)
    }
    paths = {file: path for file, path in paths.items() if len(path.parts) > 1}
    while paths and len({path.parts[0] for path in paths.values()}) == 1:
        if min(len(path.parts) for path in paths.values()) < 3:  # noqa: PLR2004 - class and file
            break
        paths = {file: PurePosixPath(*path.parts[1:]) for file, path in paths.items()}
    if all(path.parts[0].lower() in _SET_NAMES and len(path.parts) > 2 for path in paths.values()):  # noqa: PLR2004
        paths = {
            file: PurePosixPath(path.parts[1], path.parts[0], *path.parts[2:]) for file, path in paths.items()
        }
    return paths
