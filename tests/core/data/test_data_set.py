"""Several data sets as one."""

from pathlib import Path

import data_sets
import table_data_sets

from core.data.data_set import ImageFolders
from core.data.index import build_index
from core.data.provenance import DataSource
from core.data.reader import Folder, Reading, read_folders


def sources(**folders: Path) -> list[Folder]:
    return [
        Folder(path, name, DataSource(name=name, simulated=False, patient_ids=False))
        for name, path in folders.items()
    ]


def test_several_data_sets_are_one(tmp_path: Path) -> None:
    data_sets.write_busi(tmp_path / "busi", per_class=3)
    table_data_sets.write_busbra(tmp_path / "busbra", patients=3)
    data = read_folders(sources(BUSI=tmp_path / "busi", BUSBRA=tmp_path / "busbra"), Reading())
    index = build_index(data).table
    images = index[index["kind"] == "image"]
    assert images.groupby("source")["class"].value_counts().to_dict() == {
        **{("BUSI", name): 3 for name in data_sets.CLASSES},
        **{("BUSBRA", name): 6 for name in data_sets.TWO_CLASSES},
    }
    assert {"BUSI/benign/benign (1).png", "BUSBRA/Images/bus_0001-l.png"} <= set(images["file"])
    assert data.folders.path("BUSBRA/Images/bus_0001-l.png").is_file()
    masks = index[index["kind"] == "mask"].set_index("file")
    assert masks.loc["BUSBRA/Masks/mask_0001-l.png", "image"] == "BUSBRA/Images/bus_0001-l.png"
    assert "BUSBRA has no images of class normal." in data.remarks
    assert set(images.loc[images["source"] == "BUSI", "device"]) == {""}


def test_a_file_is_found_in_the_folder_of_its_source(tmp_path: Path) -> None:
    assert ImageFolders.of(tmp_path).path("a/b/1.png") == tmp_path / "a/b/1.png"
    two = ImageFolders({"a": tmp_path / "x", "b": tmp_path / "y"})
    assert two.path("b/a/1.png") == tmp_path / "y/a/1.png"
