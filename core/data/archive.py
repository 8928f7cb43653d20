"""A ZIP from a stranger becomes a folder. Everything that could harm is refused before a byte is written."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from core.errors import UserError
from core.images.decode import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 20 * 2**30  # unpacked; BUSI has 0.25 GB
MAX_FILES = 200_000
# Images hardly shrink. Only a bomb unpacks to so many times its size: Deflate ends at about 1,000.
MAX_RATIO = 100
_UTF8_NAME = 0x800  # flag bits of an entry, APPNOTE.TXT 4.4.4
_ENCRYPTED = 0x1
# The others unpack without a bound on the memory for one block.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK = 2**20


class _Entry(NamedTuple):
    info: zipfile.ZipInfo
    path: PurePosixPath


def unpack(archive: Path, folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Write the files of a ZIP into a folder that does not exist yet.

    Left out are what begins with a dot and macOS's ``__MACOSX``.

    Args:
        archive: a ZIP file, stored or deflated.
        folder: left behind half filled where this raises.
        progress: called with (files written, files).

    Raises:
        UserError: the file is no ZIP, is damaged or encrypted; has a name that leaves the folder, a link, the
            same name twice; is larger than ``MAX_BYTES``, ``MAX_FILES`` or ``MAX_RATIO`` allow or than the
            disk has room for.
    """
    with _problems_of(archive), zipfile.ZipFile(archive) as opened:
        entries = _checked(opened, archive)
        folder.mkdir(parents=True)
        _check_room(archive, entries, folder)
        for done, entry in enumerate(entries, start=1):
            _write(opened, entry, folder.joinpath(*entry.path.parts))
            if progress:
                progress(done, len(entries))


def class_level(folder: Path) -> Path:
    """Return the folder of the class folders: the given one, or the one that others are wrapped around."""
    while True:
        inner = [path for path in folder.iterdir() if path.is_dir()]
        if len(inner) != 1 or _holds_images(folder) or _holds_images(inner[0]):
            return folder
        folder = inner[0]


def _holds_images(folder: Path) -> bool:
    return any(path.name.lower().endswith(EXTENSIONS) and path.is_file() for path in folder.iterdir())


@contextmanager
def _problems_of(archive: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise UserError(f"{archive} is damaged or no ZIP file ({error}); download it again.") from None
    except OSError as error:
        raise UserError(
            f"{archive} cannot be unpacked: {error.strerror}; unpack it yourself and give the folder."
        ) from None


def _checked(opened: zipfile.ZipFile, archive: Path) -> list[_Entry]:
    """Return the files to write, after looking at every entry, whether it is to be written or not."""
    infos = opened.infolist()
    _check_sizes(infos, archive)
    entries = []
    for info in infos:
        name = _name(info)
        path = PurePosixPath(name)
        _check_entry(info, path, archive)
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
        if not name.endswith("/") and path.parts and not hidden:
            entries.append(_Entry(info, path))
    twice = [path for path, count in Counter(entry.path for entry in entries).items() if count > 1]
    if twice:
        raise _refusal(archive, f"it holds '{twice[0]}' twice")
    if not any(entry.path.name.lower().endswith(EXTENSIONS) for entry in entries):
        raise UserError(f"{archive} holds no image; give a ZIP with one folder per class.")
    return entries


def _check_sizes(infos: list[zipfile.ZipInfo], archive: Path) -> None:
    if len(infos) > MAX_FILES:
        raise _refusal(archive, f"it holds {len(infos)} files, more than {MAX_FILES}")
    size, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if size > MAX_BYTES:
        raise _refusal(archive, f"it unpacks to {size / 2**30:.1f} GB, more than {MAX_BYTES / 2**30:.0f}")
    length = archive.stat().st_size
    # Entries that share their bytes unpack to more than the file could hold.
    if size > MAX_RATIO * length or packed > length:
        raise _refusal(archive, f"its {length} bytes unpack to {size}, as a bomb does and images do not")


def _check_entry(info: zipfile.ZipInfo, path: PurePosixPath, archive: Path) -> None:
    if path.is_absolute() or Path(path).is_absolute() or ".." in path.parts:
        raise _refusal(archive, f"'{path}' would leave the folder")
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _refusal(archive, f"'{path}' is a link or no ordinary file")
    if info.flag_bits & _ENCRYPTED:
        raise UserError(f"{archive} is encrypted; unpack it yourself and give the folder.")
    if info.compress_type not in _COMPRESSIONS:
        raise UserError(f"{archive} is packed in an unusual way; unpack it yourself and give the folder.")


def _refusal(archive: Path, why: str) -> UserError:
    return UserError(f"{archive} was not unpacked: {why}; check where it comes from.")


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name with slashes; macOS writes UTF-8 without saying so."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:  # really the old code page
            name = info.filename
    return name.replace("\\", "/")


def _check_room(archive: Path, entries: list[_Entry], folder: Path) -> None:
    size, free = sum(entry.info.file_size for entry in entries), shutil.disk_usage(folder).free
    if size > free:
        raise UserError(
            f"{archive} unpacks to {size / 2**30:.1f} GB, but {folder.parent} has {free / 2**30:.1f} left; "
            "make room, or set XDG_CACHE_HOME to another disk."
        )


def _write(opened: zipfile.ZipFile, entry: _Entry, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    left = entry.info.file_size
    with opened.open(entry.info) as packed, path.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.path} is longer than it says")
            file.write(chunk)
    if left:
        raise zipfile.BadZipFile(f"{entry.path} is shorter than it says")
