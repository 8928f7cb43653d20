"""Patients from tables and sub-folders, of one source and of several."""

from pathlib import Path

import data_sets
import pytest
import table_data_sets

from core.data.groups import SUB_FOLDERS, assign_groups, join_patients
from core.data.index import build_index
from core.data.patients import Patients, find_patients
from core.data.provenance import DataSource
from core.data.reader import Folder, Reading, read_folders
from core.errors import UserError


@pytest.fixture
def read(tmp_path: Path):
    data_sets.write_videos(tmp_path / "videos", per_class=3)
    table_data_sets.write_busbra(tmp_path / "busbra", patients=3)
    data_sets.write_flat(tmp_path / "flat", per_class=3)

    def read(*names: str, tables: tuple[Path, ...] = ()) -> tuple[Patients, int]:
        folders = [
            Folder(tmp_path / name, name, DataSource(name=name, simulated=False, patient_ids=False))
            for name in names
        ]
        data = read_folders(folders, Reading())
        index = build_index(data).table
        found = find_patients(data, index, tables)
        index = index.assign(patient=found.ids)
        groups = join_patients(assign_groups(index), index)
        return found, len(set(groups[index["kind"] == "image"]))

    return read


def test_every_source_has_its_own_kind_of_groups(read) -> None:
    found, groups = read("videos")
    assert (found.grouping, groups) == (SUB_FOLDERS, 6)
    assert found.remark.startswith(
        "Images in one sub-folder of a class are one group, which the protocol clean never splits: 6 sub-"
        "folders, such as 'video01'"
    )
    found, groups = read("videos", "busbra", "flat")
    assert found.grouping == "near-duplicates, patient ids of busbra, sub-folders of videos"
    assert groups == 6 + 6 + 9
    assert [found.sources[name].patient_ids for name in ("videos", "busbra", "flat")] == [False, True, False]
    assert "Images of one patient are one group, which the protocol clean never splits: 6 p" in found.remark


def test_a_table_decides_for_the_source_whose_files_it_names(read, tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    rows = [f"{word}{number},{number}" for word, number in ((w, n) for w in FLAT for n in (1, 2, 3))]
    table.write_text(
        "file,group\n" + "\n".join(rows).replace("(1", "(1)").replace("(2", "(2)").replace("(3", "(3)")
    )
    found, groups = read("videos", "flat", tables=(table,))
    assert (found.grouping, groups) == ("near-duplicates, patient ids of flat, sub-folders of videos", 6 + 3)
    with pytest.raises(UserError, match="both give groups for flat; give one of them"):
        read("videos", "flat", tables=(table, table))


FLAT = ("benign (", "malignant_00", "normal-")
