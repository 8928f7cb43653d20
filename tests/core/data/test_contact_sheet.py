import base64
import io
import re
from pathlib import Path

import pytest
from image_files import write_noise
from PIL import Image

from core.data.audit import NEAR_DUPLICATE, Audit, audit, has_flag
from core.data.contact_sheet import contact_sheet
from core.data.data_set import ImageFolders
from core.data.phantom import dataset as phantom_dataset
from core.data.reader import read_folder


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with known near-duplicates and two conflicting pairs. Tests do not write into it."""
    folder = tmp_path_factory.mktemp("phantoms") / "phantoms"
    phantom_dataset.write_dataset(folder, counts={"benign": 8, "malignant": 8, "normal": 5})
    return folder


@pytest.fixture(scope="module")
def audited(phantoms: Path) -> Audit:
    return audit(read_folder(phantoms))


def test_the_sheet_shows_each_near_duplicate_once_and_conflicting_labels_first(
    audited: Audit,
) -> None:
    page = contact_sheet(audited.folders, audited.table, "phantoms")
    table = audited.table
    images = table[has_flag(table, NEAR_DUPLICATE)]
    assert sorted(re.findall(r'alt="([^"]+)"', page)) == sorted(images["file"])
    sections = re.findall(r"<section( class=\"conflicting\")?>", page)
    assert [bool(mark) for mark in sections] == [True, True] + [False] * (images["group"].nunique() - 2)
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    image = re.search(r'src="data:image/jpeg;base64,([^"]+)"', page)
    assert image
    assert max(Image.open(io.BytesIO(base64.b64decode(image[1]))).size) == 180


def test_a_name_cannot_write_html(tmp_path: Path) -> None:
    evil = '<img src=x onerror=alert(1)>&".png'
    write_noise(tmp_path / "a" / evil, 0)
    write_noise(tmp_path / "b" / evil, 0)
    page = contact_sheet(ImageFolders.of(tmp_path), audit(read_folder(tmp_path)).table, "<b>&")
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;&quot;" in page
    assert "Near-duplicates in &lt;b&gt;&amp;" in page


def test_a_huge_sheet_stops_and_says_so(audited: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.data.contact_sheet.MAX_IMAGES", 4)
    page = contact_sheet(audited.folders, audited.table, "phantoms")
    assert page.count("<img ") == 4
    groups = audited.table.loc[has_flag(audited.table, NEAR_DUPLICATE), "group"].nunique()
    assert f"{groups - 2} more groups are listed in audit.csv only" in page


def test_without_near_duplicates_the_page_is_empty(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    page = contact_sheet(ImageFolders.of(tmp_path), audit(read_folder(tmp_path)).table, "x")
    assert "0 images are in 0 near-duplicate groups" in page
    assert "<img " not in page
