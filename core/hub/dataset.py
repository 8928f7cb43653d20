"""Fetch one pinned commit of a Hub data set into a local folder, as its files stand there."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, NamedTuple

from core.data import archive, npz, parquet
from core.data.archive import MAX_BYTES, MAX_FILES
from core.data.cache import cached, find_cached
from core.data.litter import is_litter
from core.errors import UserError
from core.files import size_in_words
from core.hub.client import hub_api, remote_files
from core.hub.data_card import licence
from core.hub.errors import HubUnavailableError, translate_errors
from core.hub.limited import ARCHIVES, TEXTS, files_within
from core.hub.repository import DATA_SETS, Repository
from core.hub.snapshot import (
    damaged_files_error,
    fetch,
    remove_damaged_files,
    resolve,
    save_commit,
    saved_commit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from huggingface_hub import HfApi

    from core.hub.limited import Limit
    from core.hub.snapshot import Snapshot
    from core.progress import Progress

# Hidden, since it is not part of the data.
_METADATA = ".data-set.json"
# Endings of what repositories of data sets hold beside the data: documents, code, weights of networks.
_NOT_DATA = (
    *(".md", ".rst", ".html", ".pdf", ".py", ".ipynb", ".sh", ".m", ".r", ".yaml", ".yml", ".toml", ".cfg"),
    *(".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".keras", ".tflite", ".pkl", ".joblib"),
)
_DOCUMENTS = ("README", "LICENSE", "LICENCE", "CITATION")


def _in_any_case(text: str) -> str:
    return "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter for letter in text)


_IGNORED = (
    *(f"*{_in_any_case(ending)}" for ending in _NOT_DATA),
    *(f"{start}{_in_any_case(name)}*" for name in _DOCUMENTS for start in ("", "*/")),
    *(".*", "*/.*"),
)


class HubDataset(NamedTuple):
    """A data set of the Hub in a local folder.

    Attributes:
        folder: folder of the files.
        repository: repository at its commit.
        licence: licence in the data set's card, or None.
        page: address on the Hub.
    """

    folder: Path
    repository: Repository
    licence: str | None
    page: str


def open_dataset(
    data: str,
    progress: Progress,
    names: Mapping[str, str] | None = None,
    *,
    limit: Limit | None = None,
    token: str | None = None,
) -> HubDataset:
    """Return a data set of the Hub as a folder; a cached data set at a pinned commit costs no request.

    Images, masks and tables have the paths of the repository. Parquet files and a file of arrays are unpacked
    to class folders, ZIP files to what is in them.

    Args:
        data: ``hf://datasets/USER/NAME`` or ``hf://datasets/USER/NAME@REVISION`` of files in folders, of
            Parquet files with an image and a label (or class) column, or of ZIP files.
        progress: function that reports the steps.
        names: class names of the labels in a file of arrays, as for ``npz.unpack``.
        limit: how much is fetched; None for all.
        token: access token; by default HF_TOKEN or the stored one.

    Raises:
        UserError: no such name or revision, no access, no network, no disk space, or no usable data.
    """
    asked = Repository.parse(data.removeprefix(DATA_SETS), "dataset")
    if asked is None:
        raise UserError(f"{data!r} is not a data set of the Hub: give {DATA_SETS}USER/NAME[@REVISION].")
    named = dict(sorted((names or {}).items()))
    api = hub_api(token, None)
    pinned = Repository(asked.name, _commit(api, asked, named, progress), "dataset")
    name = _folder_name(asked, str(pinned.revision), named)
    if limit is not None:
        name = f"{name}-{limit.images}-{limit.size}"
    folder = find_cached(name) or cached(name, lambda new: _write(api, pinned, new, named, limit, progress))
    save_commit(asked, str(pinned.revision))
    metadata = json.loads((folder / _METADATA).read_text(encoding="utf-8"))
    return HubDataset(folder, pinned, metadata["licence"], f"{api.endpoint}/{pinned.page}")


def _commit(api: HfApi, asked: Repository, names: Mapping[str, str], progress: Progress) -> str:
    if asked.is_pinned:
        return str(asked.revision)
    try:
        return resolve(api, asked)
    except HubUnavailableError as error:
        commit = saved_commit(asked)
        if commit is None or find_cached(_folder_name(asked, commit, names)) is None:
            raise
        progress(f"{error} Using commit {commit[:7]} from the cache, which may be out of date", 1, 1)
        return commit


def _folder_name(repository: Repository, commit: str, names: Mapping[str, str]) -> str:
    """Return the name of the folder in the cache; another number where the way of unpacking changes."""
    named = f"-{hashlib.sha256(json.dumps(names).encode()).hexdigest()[:12]}" if names else ""
    return f"hub2-{repository.name.replace('/', '--')}-{commit}{named}"


def _write(
    api: HfApi,
    pinned: Repository,
    folder: Path,
    names: Mapping[str, str],
    limit: Limit | None,
    progress: Progress,
) -> None:
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
    wanted = tables or [path for path in sizes if _is_data(path)]
    if all(path.lower().endswith(TEXTS) for path in wanted):
        raise UserError(
            f"{pinned} has neither images, Parquet files nor a ZIP file: download it, arrange its images in "
            "one folder per class, and give the folder."
        )
    _check_paths(pinned, wanted)
    if limit is not None:

        def fetch_tables(files: Sequence[str]) -> Path:
            size = sum(sizes[path] for path in files)
            return _fetch_files(api, pinned, [glob.escape(path) for path in files], size, progress).folder

        wanted = files_within(limit, {path: sizes[path] for path in wanted}, pinned, fetch_tables)
    size = sum(sizes[path] for path in wanted)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _check_disk_space(pinned, size, folder)
    patterns = ["*.parquet"] if tables else ["*"]
    if limit is not None:
        patterns = [glob.escape(path) for path in wanted]
    snapshot = _fetch_files(api, pinned, patterns, size, progress)
    if tables:
        folder.mkdir()
        parquet.unpack(snapshot.folder, sorted(tables), folder, parquet.class_names(card), progress)
    else:
        archives = sorted(path for path in wanted if path.lower().endswith(ARCHIVES))
        others = sorted(set(wanted) - set(archives))
        alone = len(archives) == 1 and all(path.lower().endswith(TEXTS) for path in others)
        if not alone:
            folder.mkdir()
        for file in archives:
            target = folder if alone else folder / PurePosixPath(file).with_suffix("")
            _unpack(snapshot.folder / file, target, names, progress)
        _link_files(snapshot, others, folder, pinned)
    (folder / _METADATA).write_text(json.dumps({"licence": licence(card)}), encoding="utf-8")


def _is_data(path: str) -> bool:
    ignored = any(fnmatchcase(path, pattern) for pattern in _IGNORED)
    return not ignored and not any(map(is_litter, PurePosixPath(path).parts))


def _check_paths(pinned: Repository, files: Sequence[str]) -> None:
    if len(files) > MAX_FILES:
        raise UserError(f"{pinned} has {len(files):,} files, and the limit is {MAX_FILES:,}; give a folder.")
    for file in files:
        # What leads out of a folder on one system only is refused on all.
        for path in (PurePosixPath(file), PureWindowsPath(file)):
            if ".." in path.parts or path.anchor:
                raise UserError(f"{pinned} cannot be used: the path {file} leads out of its folder.")


def _fetch_files(
    api: HfApi, pinned: Repository, patterns: Sequence[str], size: int, progress: Progress
) -> Snapshot:
    what, megabytes = f"Fetching {pinned}, MB", -(-size // 10**6)

    def report(done: int, _: int) -> None:
        progress(what, min(done // 10**6, megabytes - 1), megabytes)

    token = api.token if isinstance(api.token, str) else None
    snapshot = fetch(pinned, patterns, ignored=_IGNORED, token=token, progress=report)
    progress(what, megabytes, megabytes)
    if damaged := remove_damaged_files(pinned, snapshot, token=token):
        raise damaged_files_error(pinned, damaged)
    return snapshot


def _check_disk_space(pinned: Repository, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder.parent).free
    if size > min(free, MAX_BYTES):
        limit = f"the limit is {size_in_words(MAX_BYTES)}"
        if size > free:
            limit = f"{folder.parent} has {size_in_words(free)} left"
        raise UserError(
            f"{pinned} has {size_in_words(size)}, and {limit}: free disk space, set XDG_CACHE_HOME to "
            "another disk, or give a folder."
        )


def _unpack(path: Path, folder: Path, names: Mapping[str, str], progress: Progress) -> None:
    if npz.is_npz(path):
        npz.unpack(path, folder, names, progress)
    else:
        archive.unpack(path, folder, partial(progress, f"Unpacking {path.name}"))


def _link_files(snapshot: Snapshot, files: Iterable[str], folder: Path, pinned: Repository) -> None:
    """Link files of a snapshot at their paths into a folder."""
    for file in files:
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        source = (snapshot.folder / file).resolve()
        if target.exists():  # a disk may take names for one that differ in case alone
            raise UserError(
                f"{pinned} cannot be used: {file} and another file have the same name on this disk; "
                "rename one of them."
            )
        try:
            os.link(source, target)  # the cache keeps the same bytes
        except OSError:
            shutil.copyfile(source, target)
