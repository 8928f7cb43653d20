"""Unpack untrusted ZIP files of images; every entry is checked before anything is written."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from core.data.litter import is_litter
from core.errors import UserError
from core.files import size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 20 * 2**30  # unpacked; BUSI has 0.25 GB
MAX_FILES = 200_000
# Images hardly compress; only a ZIP bomb has such a ratio. Deflate reaches about 1,000.
MAX_RATIO = 100
_UTF8_NAME = 0x800  # flag bits of an entry, APPNOTE.TXT 4.4.4
_ENCRYPTED = 0x1
# Other methods may need unlimited memory for one block.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK = 2**20


class _Entry(NamedTuple):
    info: zipfile.ZipInfo
    path: PurePosixPath

    @property
    def is_folder(self) -> bool:
        return _name(self.info).endswith("/")


def unpack(archive: Path, folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Unpack a ZIP file into a new folder.

    What ``core.data.litter`` names is skipped.

    Args:
        archive: ZIP file, stored or deflated.
        folder: folder to create; it is incomplete if an error is raised.
        progress: called with the number of entries written and of all entries.

    Raises:
        UserError: the file is not a ZIP file, damaged or encrypted; has a path outside the folder, a link or
            a duplicate name; exceeds ``MAX_BYTES``, ``MAX_FILES`` or ``MAX_RATIO``, or the free disk space.
    """
    with translated_problems(archive), zipfile.ZipFile(archive) as opened:
        entries = _checked(opened, archive)
        folder.mkdir(parents=True)
        _check_room(archive, entries, folder)
        for done, entry in enumerate(entries, start=1):
            path = folder.joinpath(*entry.path.parts)
            if entry.is_folder:  # an empty one may be a class whose images are missing
                path.mkdir(parents=True, exist_ok=True)
            else:
                _write(opened, entry, path)
            if progress:
                progress(done, len(entries))


@contextmanager
def translated_problems(archive: Path) -> Iterator[None]:
    """Turn what goes wrong with a ZIP file in the block into a UserError that names it."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise UserError(f"{archive} is damaged or not a ZIP file ({error}); download it again.") from None
    except OSError as error:
        raise UserError(
            f"{archive} cannot be unpacked: {error.strerror}; unpack it yourself and give the folder."
        ) from None


def _checked(opened: zipfile.ZipFile, archive: Path) -> list[_Entry]:
    """Check all entries, also those that are skipped, and return the files and folders to write."""
    infos = opened.infolist()
    check_sizes(infos, archive)
    entries = []
    for info in infos:
        path = PurePosixPath(_name(info))
        _check_entry(info, path, archive)
        if path.parts and not any(map(is_litter, path.parts)):
            entries.append(_Entry(info, path))
    files = [entry for entry in entries if not entry.is_folder]
    twice = [path for path, count in Counter(entry.path for entry in files).items() if count > 1]
    if twice:
        raise _refusal(archive, f"it contains '{twice[0]}' twice")
    if not files:
        raise UserError(f"{archive} contains no files; give a ZIP file with one folder per class.")
    return entries


def check_sizes(infos: list[zipfile.ZipInfo], archive: Path) -> None:
    """Check what a ZIP file says of its entries before any is read.

    Args:
        infos: its entries.
        archive: path of the file.

    Raises:
        UserError: it exceeds ``MAX_BYTES``, ``MAX_FILES`` or ``MAX_RATIO``, is encrypted, or its compression
            may need unlimited memory.
    """
    if len(infos) > MAX_FILES:
        raise _refusal(archive, f"it contains {len(infos)} files, more than {MAX_FILES}")
    size, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if size > MAX_BYTES:
        raise _refusal(archive, f"it unpacks to {size_in_words(size)}, more than {size_in_words(MAX_BYTES)}")
    length = archive.stat().st_size
    # Overlapping entries unpack to more bytes than the file has.
    if size > MAX_RATIO * length or packed > length:
        raise _refusal(archive, f"its {length} bytes unpack to {size}, like a ZIP bomb and unlike images")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise UserError(f"{archive} is encrypted; unpack it yourself and give the folder.")
    if any(info.compress_type not in _COMPRESSIONS for info in infos):
        raise UserError(f"{archive} uses an unsupported compression; unpack it yourself and give the folder.")


def _check_entry(info: zipfile.ZipInfo, path: PurePosixPath, archive: Path) -> None:
    if path.is_absolute() or Path(path).is_absolute() or ".." in path.parts:
        raise _refusal(archive, f"'{path}' lies outside the folder")
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refusal(archive, f"'{path}' is not a regular file")


def _refusal(archive: Path, why: str) -> UserError:
    return UserError(f"{archive} was not unpacked: {why}; check where it comes from.")


def _name(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry with slashes. macOS writes UTF-8 without setting its flag."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:  # the name really is in code page 437
            name = info.filename
    return name.replace("\\", "/")


def _check_room(archive: Path, entries: list[_Entry], folder: Path) -> None:
    size, free = sum(entry.info.file_size for entry in entries), shutil.disk_usage(folder).free
    if size > free:
        raise UserError(
            f"{archive} unpacks to {size_in_words(size)}, but {folder.parent} has {size_in_words(free)} "
            "left; free some space, or set XDG_CACHE_HOME to a folder on another disk."
        )


def _write(opened: zipfile.ZipFile, entry: _Entry, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    remaining = entry.info.file_size
    with opened.open(entry.info) as packed, path.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            remaining -= len(chunk)
            if remaining < 0:
                raise zipfile.BadZipFile(f"{entry.path} is longer than declared")
            file.write(chunk)
    if remaining:
        raise zipfile.BadZipFile(f"{entry.path} is shorter than declared")
