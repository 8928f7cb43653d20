import re

import pytest
from bundles import make_bundle
from disks import small_disk

from core.bundle.folder import open_bundle
from core.errors import UserError
from core.site.classify import Origin
from core.site.export import export
from core.site.files import read
from core.site.runtime import BINARY


@pytest.fixture
def given(tmp_path):
    make_bundle(tmp_path / "bundle")
    binary = tmp_path / BINARY
    binary.write_bytes(b"\0asm")
    return open_bundle(tmp_path / "bundle"), Origin("model", ""), {BINARY: binary}


def test_the_folder_holds_every_file(given, tmp_path):
    files = export(*given, tmp_path / "new" / "site")
    written = [path for path in (tmp_path / "new" / "site").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "new" / "site").as_posix() for path in written} == set(files)
    for name, content in files.items():
        assert (tmp_path / "new" / "site" / name).read_bytes() == read(content)


def test_what_is_there_stays(given, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="exists already; choose another FOLDER"):
        export(*given, folder)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_failure_leaves_nothing(given, tmp_path):
    bundle, origin, runtime = given
    (bundle.folder / "model.onnx").unlink()
    with pytest.raises((OSError, UserError), match=r"model\.onnx"):
        export(bundle, origin, runtime, tmp_path / "site")
    assert not list(tmp_path.glob("*site*"))


def test_a_full_disk_is_named_by_the_folder(given, tmp_path):
    with small_disk(tmp_path / "disk", kilobytes=200):
        with pytest.raises(OSError, match=rf"No space left.*{re.escape(str(tmp_path / 'disk' / 'site'))}'"):
            export(*given, tmp_path / "disk" / "site")
        assert not list((tmp_path / "disk").iterdir())
