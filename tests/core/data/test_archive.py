"""ZIPs as people download them, and ZIPs as an attacker makes them."""

import io
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading import silent

from core.data import archive
from core.data.data_set import DataSet
from core.data.index import build_index
from core.data.provenance import combine
from core.errors import UserError
from core.experiments import data_source
from core.progress import LISTING


def png(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 20), dtype=np.uint8)).save(
        buffer, "PNG"
    )
    return buffer.getvalue()


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "breast-ultrasound"


def read(path: Path, progress=silent) -> DataSet:
    return data_source.resolve(data_source.DataRequest((str(path),)), progress)


TWO_CLASSES = {"benign/1.png": png(1), "benign/1_mask.png": png(2), "malignant/1.png": png(3)}


@pytest.mark.parametrize("wrapped", ["", "Dataset_BUSI_with_GT/", "archive (3)/Dataset_BUSI_with_GT/"])
def test_the_class_folders_are_found_however_they_are_wrapped(
    wrapped: str, tmp_path: Path, cache: Path
) -> None:
    path = zipped(
        tmp_path / "My scans.zip", {wrapped + name: content for name, content in TWO_CLASSES.items()}
    )
    found = read(path)
    assert list(found.sources) == ["My scans"]
    assert found.files["file"].tolist() == sorted(TWO_CLASSES)
    assert found.folders.path("benign/1.png").is_relative_to(cache)


@pytest.mark.usefixtures("cache")
def test_one_class_in_a_zip_stays_one_class(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"data/benign/1.png": png(), "data/benign/2.png": png(1)})
    found = read(path)
    assert found.folders.path("benign").parent.name == "data"
    with pytest.raises(UserError, match="images of one class"):
        build_index(found)


def test_a_zip_is_unpacked_once_and_a_changed_one_anew(tmp_path: Path, cache: Path) -> None:
    path = zipped(tmp_path / "x.zip", TWO_CLASSES)
    told: list[str] = []

    def progress(what: str, *_: int) -> None:
        told.extend([what] if what != LISTING else [])

    first = read(path, progress).folders
    assert told == ["Unpacking x.zip"] * 3
    assert read(path, progress).folders == first
    assert len(told) == 3
    zipped(path, TWO_CLASSES | {"malignant/2.png": png(4)})
    assert len(read(path, progress).files) == 4
    assert len(list(cache.iterdir())) == 2  # nothing unfinished lies beside


@pytest.mark.usefixtures("cache")
def test_busi_is_known_inside_its_zip(tmp_path: Path) -> None:
    names = {"benign": 437, "malignant": 210, "normal": 133}
    path = zipped(
        tmp_path / "archive.zip",
        {
            f"Dataset_BUSI_with_GT/{name}/{name} ({number}).png": b"x"
            for name, count in names.items()
            for number in range(1, count + 1)
        },
    )
    assert combine(read(path).sources).name.startswith("BUSI")


def test_what_a_mac_adds_is_left_out_and_its_names_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mac.zip"
    named = {"добро/снимок.PNG": png(), "__MACOSX/добро/._снимок.PNG": b"x", "добро/.DS_Store": b"x"}
    path.write_bytes(_unmarked(named))
    archive.unpack(path, tmp_path / "out")
    assert files_in(tmp_path / "out") == {"добро/снимок.PNG"}


def test_what_is_no_image_by_name_and_empty_folders_are_unpacked_too(tmp_path: Path) -> None:
    """Whether a file is an image, and that a class has none, is for its reader to find and say."""
    files = {"benign/IM0001": png(), "malignant/": b"", "info.csv": b"a,b", "Thumbs.db": b"x", "x/.git/": b""}
    archive.unpack(zipped(tmp_path / "x.zip", files), tmp_path / "out")
    assert files_in(tmp_path / "out") == {"benign/IM0001", "info.csv"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["benign", "info.csv", "malignant"]


def _unmarked(files: dict[str, bytes]) -> bytes:
    """A ZIP of stored files whose names are UTF-8 without the flag that says so, as macOS writes them."""
    placeholders = {
        letter * len(name.encode()): files[name] for letter, name in zip("XYZ", files, strict=True)
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in placeholders.items():
            file.writestr(name, content)
    raw = buffer.getvalue()
    for placeholder, name in zip(placeholders, files, strict=True):
        raw = raw.replace(placeholder.encode(), name.encode())
    return raw


def test_windows_slashes_and_folder_entries(tmp_path: Path) -> None:
    path = zipped(tmp_path / "w.zip", {"data/": b"", "data\\benign\\": b"", "data\\benign\\1.PNG": png()})
    archive.unpack(path, tmp_path / "out")
    assert files_in(tmp_path / "out") == {"data/benign/1.PNG"}


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "a/../../evil.png", "/evil.png", "..\\evil.png", "\\evil.png", "__MACOSX/../../x"],
)
def test_no_path_leaves_the_folder(name: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", TWO_CLASSES | {name: png()})
    before = files_in(tmp_path)
    with pytest.raises(UserError, match="lies outside the folder"):
        archive.unpack(path, tmp_path / "deep" / "out")
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(kind: int, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", TWO_CLASSES)
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo("benign/2.png")
        info.external_attr = (kind | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    with pytest.raises(UserError, match="is not a regular file"):
        archive.unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", TWO_CLASSES | {"benign/2.png": bytes(10**7)})
    with pytest.raises(UserError, match="like a ZIP bomb"):
        archive.unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(10_000)
    raw = zipped(tmp_path / "x.zip", {"a/1.png": noise, "b/2.png": noise}, zipfile.ZIP_STORED).read_bytes()
    # Both directory entries point at the first file, and the second file's bytes are taken out.
    second = raw.index(b"PK\x03\x04", 1)
    directory = raw.index(b"PK\x01\x02")
    shared = bytearray(raw[:second] + raw[directory:])
    other = shared.index(b"PK\x01\x02", shared.index(b"PK\x01\x02") + 1)
    shared[other + 42 : other + 46] = struct.pack("<L", 0)
    shared[-6:-2] = struct.pack("<L", second)
    (tmp_path / "x.zip").write_bytes(shared)
    with pytest.raises(UserError, match="like a ZIP bomb"):
        archive.unpack(tmp_path / "x.zip", tmp_path / "out")


def test_size_and_number_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "x.zip", TWO_CLASSES)
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    with pytest.raises(UserError, match="contains 3 files, more than 2"):
        archive.unpack(path, tmp_path / "out")
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(UserError, match=r"unpacks to [1-9].* (kB|bytes), more than 1\.0 kB"):
        archive.unpack(path, tmp_path / "out")


def test_a_file_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a/1.png": png(), "b/1.png": png(1) + bytes(5000)})
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = raw.rindex(mark) + offset
        raw[at : at + 4] = struct.pack("<L", 100)
    path.write_bytes(raw)
    with pytest.raises(UserError, match="damaged"):
        archive.unpack(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "contains no files"),
        ({"a/": b"", "b/": b""}, "contains no files"),
        ({"a/.hidden.png": png(), "a/Thumbs.db": b"x"}, "contains no files"),
        ({"a": png(), "a/1.png": png()}, "cannot be unpacked"),
        ({"a/" + "x" * 300 + ".png": png()}, "cannot be unpacked"),
    ],
)
def test_odd_zips_are_a_sentence(files: dict[str, bytes], message: str, tmp_path: Path, cache: Path) -> None:
    path = zipped(tmp_path / "x.zip", files)
    with pytest.raises(UserError, match=message):
        read(path)
    assert not cache.exists() or not list(cache.iterdir())


def test_the_same_name_twice(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", TWO_CLASSES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "a") as file:
            file.writestr("benign/./1.png", png(9))
    with pytest.raises(UserError, match=r"'benign/1\.png' twice"):
        archive.unpack(path, tmp_path / "out")


def test_encrypted_and_unusual_zips_name_the_way_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", TWO_CLASSES, zipfile.ZIP_BZIP2)
    with pytest.raises(UserError, match="unsupported compression; unpack it yourself"):
        archive.unpack(path, tmp_path / "out")
    raw = bytearray(zipped(path, TWO_CLASSES).read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(UserError, match="encrypted; unpack it yourself"):
        archive.unpack(path, tmp_path / "out")


def test_a_damaged_zip_is_a_sentence_wherever_the_damage_is(tmp_path: Path) -> None:
    raw = zipped(tmp_path / "x.zip", TWO_CLASSES).read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for trial in range(300):
        broken = bytearray(raw[: rng.integers(len(raw))] if trial % 5 == 0 else raw)
        for at in rng.integers(0, max(len(broken), 1), 3 if broken else 0):
            broken[at] = rng.integers(256)
        (tmp_path / "x.zip").write_bytes(broken)
        try:
            archive.unpack(tmp_path / "x.zip", tmp_path / f"out-{trial}")
        except UserError:
            refused += 1
    assert refused > 200
    assert files_in(tmp_path) == {"x.zip"} | {file for file in files_in(tmp_path) if file.startswith("out-")}
