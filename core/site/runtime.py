"""ONNX Runtime Web: the program that runs a network in a browser, pinned, fetched once, and checked."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import onnxruntime

from core.data.cache import cached
from core.errors import UserError
from core.files import size_in_words, why

if TYPE_CHECKING:
    from core.progress import Say

VERSION = "1.30.0"
ADDRESS = f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
"""What npm's registry gives for this version: the SHA-512 of the archive."""

# Called .js here: many web servers do not send .mjs as JavaScript, and a browser then refuses it.
SCRIPT = "ort.wasm.min.js"
LOADER = "ort-wasm-simd-threaded.js"
BINARY = "ort-wasm-simd-threaded.wasm"
LICENCE = "LICENSE.txt"
_IN_ARCHIVE = {
    SCRIPT: "package/dist/ort.wasm.min.mjs",
    LOADER: "package/dist/ort-wasm-simd-threaded.mjs",
    BINARY: "package/dist/ort-wasm-simd-threaded.wasm",
}
_SHA256 = {
    SCRIPT: "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    LOADER: "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
    BINARY: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
_NAME = f"onnxruntime-web-{VERSION}"
_ARCHIVE_BYTES = 33_106_585
_TIMEOUT = 25.0  # seconds without a byte


def runtime_files(
    archive: Path | None = None, *, address: str = ADDRESS, say: Say | None = None
) -> dict[str, Path]:
    """Return the files that a browser needs, from the user's cache, filled first where it lacks them.

    Args:
        archive: the archive of npm's registry as a file, for a machine that cannot reach the registry.
        address: where the archive is fetched.
        say: function of a sentence, called before 33 MB are fetched.

    Returns:
        Name in the page's folder → file: ``SCRIPT``, ``LOADER``, ``BINARY`` and ``LICENCE``.

    Raises:
        UserError: the archive cannot be fetched or read, or it or the cache has other content than the pinned
            version.
    """
    content = None if archive is None else _read(archive)
    folder = cached(
        f"{_NAME}-{_SHA256[BINARY][:8]}",
        lambda unfinished: _unpack(content or _fetch(address, say), unfinished),
    )
    for name, expected in _SHA256.items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise UserError(f"{name} in the cache is damaged: remove the folder {folder}, then try again.")
    return {name: folder / name for name in (*_SHA256, LICENCE)}


def _fetch(address: str, say: Say | None) -> bytes:
    if say:
        say(f"Fetching ONNX Runtime Web {VERSION}, {size_in_words(_ARCHIVE_BYTES)}, once: {address}.")
    content = bytearray()
    try:
        with httpx2.stream("GET", address, timeout=_TIMEOUT) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _ARCHIVE_BYTES:
                    break
    except (httpx2.HTTPError, OSError):
        raise UserError(
            f"ONNX Runtime Web cannot be fetched: check the network, or fetch {address} on another machine "
            "and give that file with --runtime FILE."
        ) from None
    return _checked(bytes(content), f"What {address} sent")


def _read(archive: Path) -> bytes:
    try:
        with archive.open("rb") as file:
            content = file.read(_ARCHIVE_BYTES + 1)
    except OSError as error:
        raise UserError(f"{archive} cannot be read ({why(error)}): give the archive of {ADDRESS}.") from None
    return _checked(content, str(archive))


def _checked(content: bytes, what: str) -> bytes:
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise UserError(
            f"{what} is not {_NAME}, whose SHA-512 is pinned: fetch {ADDRESS} and give that file with "
            "--runtime FILE."
        )
    return content


def _unpack(content: bytes, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for name, inside in _IN_ARCHIVE.items():
            file = archive.extractfile(inside)
            assert file is not None  # noqa: S101 - the archive is the pinned one
            (folder / name).write_bytes(file.read())
    # npm's archive has no text of the licence; that of the same program for Python is in its wheel.
    (folder / LICENCE).write_bytes((Path(onnxruntime.__file__).parent / "LICENSE").read_bytes())
