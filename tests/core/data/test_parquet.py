import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.data import parquet, user_table
from core.data.reader import read_folder
from core.errors import UserError


def png(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def unpacked(tmp_path: Path, rows: list[dict[str, object]], names: dict[int, str]) -> dict[str, bytes]:
    pd.DataFrame(rows).to_parquet(tmp_path / "train.parquet")
    folder = tmp_path / "out"
    folder.mkdir()
    parquet.unpack(tmp_path, ["train.parquet"], folder, names, lambda *_: None)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}


def test_rows_become_files_in_the_folder_of_their_class(tmp_path: Path) -> None:
    rows = [
        {"Image": {"bytes": png(1), "path": "scans/1.png"}, "label": 0},
        {"Image": {"bytes": png(2), "path": None}, "label": 1},
        {"Image": {"bytes": png(3), "path": "1.png"}, "label": 0},
    ]
    assert unpacked(tmp_path, rows, {0: "benign", 1: "malignant"}) == {
        "benign/1.png": png(1),
        "malignant/train 2.png": png(2),
        "benign/1 [2].png": png(3),
    }


def written(tmp_path: Path, tables: dict[str, list[dict[str, object]]]) -> list[str]:
    """The files that tables with these rows are unpacked to."""
    for name, rows in tables.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows).to_parquet(tmp_path / name)
    folder = tmp_path / "out"
    folder.mkdir()
    parquet.unpack(tmp_path, sorted(tables), folder, {}, lambda *_: None)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("tables", "folders"),
    [
        (("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"), ("train", "train", "test")),
        (("data/train-00000", "data/validation-00000-0123456789abcdef"), ("train", "val")),
        (("default/train/0000", "default/valid/0000", "default/test/0001"), ("train", "val", "test")),
        (("busi_train", "busi_test"), ("train", "test")),
        (("Training", "dev"), ("train", "val")),
        # One set is no split, and without a name for each there is none either.
        (("train-00000-of-00002", "train-00001-of-00002"), ("", "")),
        (("train", "extra"), ("", "")),
        (("train_test", "test"), ("", "")),
    ],
)
def test_sets_have_folders_around_the_classes(tmp_path: Path, tables, folders) -> None:
    files = written(
        tmp_path,
        {
            f"{t}.parquet": [{"image": {"bytes": png(n), "path": f"{n}.png"}, "label": "a"}]
            for n, t in enumerate(tables)
        },
    )
    assert files == sorted(f"{folder}/a/{n}.png".lstrip("/") for n, folder in enumerate(folders))


def test_masks_lie_beside_their_images_and_patients_in_a_table(tmp_path: Path) -> None:
    def row(number: int, mask: bytes | None, patient: str | None) -> dict[str, object]:
        image = {"bytes": png(number), "path": "scan.png"}
        return {"image": image, "Mask": {"bytes": mask}, "label": "a", "Patient ID": patient, "video": b"x"}

    rows = [row(1, png(11), "P=1"), row(2, None, None), row(3, png(13), "P2"), row(4, png(14), "P2")]
    rows[3]["image"]["path"] = "scan_mask.png"
    files = written(tmp_path, {"train.parquet": rows})
    folder = tmp_path / "out"
    assert files == [
        *("a/scan [2].png", "a/scan [3].png", "a/scan [3]_mask.png", "a/scan.png", "a/scan_mask [2].png"),
        *("a/scan_mask [2]_mask.png", "a/scan_mask.png", "metadata.csv"),
    ]
    assert (folder / "a/scan_mask.png").read_bytes() == png(11)
    assert (folder / "a/scan [3]_mask.png").read_bytes() == png(13)
    table = user_table.read(folder / "metadata.csv", "the table", "")
    assert table.to_numpy().tolist() == [
        ["a/scan.png", "a", "P=1"],
        ["a/scan [2].png", "a", ""],
        ["a/scan [3].png", "a", "P2"],
        ["a/scan_mask [2].png", "a", "P2"],
    ]
    data = read_folder(folder)  # nothing is lost on the way
    read = data.files[data.files["class"] == "a"].sort_values("file")
    assert read["patient"].tolist() == ["", "P2", "P=1", "P2"]
    assert [source.patient_ids for source in data.sources.values()] == [True]


def test_images_of_any_format_get_its_ending(tmp_path: Path) -> None:
    def encoded(form: str) -> bytes:
        buffer = io.BytesIO()
        Image.new("L", (4, 4)).save(buffer, form)
        return buffer.getvalue()

    images = {form: encoded(form) for form in ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")}
    images["DICOM"] = bytes(128) + b"DICM"
    rows = [{"image": image, "label": "a", "image_id": form} for form, image in images.items()]
    rows.append({"image": images["JPEG"], "label": "a", "image_id": "named.png"})
    assert written(tmp_path, {"train.parquet": rows}) == [
        *("a/BMP.bmp", "a/DICOM.dcm", "a/GIF.gif", "a/JPEG.jpg", "a/PNG.png", "a/TIFF.tif", "a/WEBP.webp"),
        "a/named.png",
    ]


def test_classes_may_stand_in_every_column_that_other_tables_may_have_them_in(tmp_path: Path) -> None:
    row = {"image": {"bytes": png(1), "path": "1.png"}, "diagnosis": "a", "type": "x"}
    assert written(tmp_path, {"train.parquet": [row]}) == ["a/1.png"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"image": png(1), "label": "../x"}, "row 1 of train.parquet has the label '../x', which is not a"),
        ({"image": b"", "label": "a"}, "row 1 of train.parquet has no image in its column 'image'"),
        ({"image": png(1), "finding": "a"}, "train.parquet has no column 'label' or 'class'"),
        (
            {"image": png(1), "label": "a", "patient": "x" * 201},
            "row 1 of train.parquet has a patient id of 201",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, row: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as refused:
        unpacked(tmp_path, [row], {})
    assert message in str(refused.value)


def test_class_names_are_read_from_the_card() -> None:
    feature = {"name": "label", "dtype": {"class_label": {"names": {"0": "benign", "1": "malignant"}}}}
    other = {"name": "type", "dtype": {"class_label": {"names": {"0": "mass"}}}}
    for features in ([feature], [other, feature]):
        names = parquet.class_names({"dataset_info": {"features": features}})
        assert names == {0: "benign", 1: "malignant"}
    for strange in (
        {},
        {"dataset_info": "x"},
        {"dataset_info": {"features": [feature | {"dtype": {"class_label": 7}}]}},
    ):
        assert parquet.class_names(strange) == {}


def test_one_large_image_for_many_rows_is_noticed_before_the_disk_is_full(tmp_path: Path) -> None:
    image = {"bytes": np.random.default_rng(0).bytes(300_000), "path": None}
    with pytest.raises(UserError, match=r"train.parquet unpacks to more than 100 times its size"):
        unpacked(tmp_path, [{"image": image, "label": "a"}] * 200, {})
    assert len(list((tmp_path / "out" / "a").iterdir())) < 110
    page = pa.table({"image": [bytes(10**7)], "label": ["a"]})
    pq.write_table(page, tmp_path / "train.parquet", compression="zstd", use_dictionary=False)
    with pytest.raises(UserError, match=r"train.parquet unpacks to more than 100 times its size"):
        parquet.unpack(tmp_path, ["train.parquet"], tmp_path / "out", {}, lambda *_: None)


def test_a_row_of_more_than_an_image_is_refused_before_it_is_copied(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(parquet, "MAX_BYTES", 2**20)
    for row in ({"image": b"x" * 3 * 2**20, "label": "a"}, {"image": png(1), "label": "a" * 3 * 2**20}):
        with pytest.raises(UserError, match=r"row 1 of train.parquet has an image of more than 1 MB"):
            unpacked(tmp_path, [row, {"image": np.random.default_rng(0).bytes(200_000), "label": "a"}], {})
        (tmp_path / "out").rmdir()


def test_more_rows_than_a_data_set_may_have_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(parquet, "MAX_FILES", 2)
    with pytest.raises(
        UserError, match=r"train.parquet has 3 rows, more than a data set of 2 images may have"
    ):
        unpacked(tmp_path, [{"image": png(1), "label": "a"}] * 3, {})


def test_a_text_that_is_not_utf_8_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    label = pa.array([b"\xff\xfe"]).view(pa.string())
    pq.write_table(pa.table({"image": [png(1)], "label": label}), tmp_path / "train.parquet")
    with pytest.raises(UserError, match=r"train.parquet cannot be read as Parquet"):
        parquet.unpack(tmp_path, ["train.parquet"], tmp_path / "out", {}, lambda *_: None)


def test_every_image_is_kept_where_names_clash(tmp_path: Path) -> None:
    # The second 1.png must not take the name that the third row has itself, nor the other way round.
    names = ["1.png", "1.png", "1 [2].png", "1 [2].png", "a/1.png", "train 6.png", None, "é" * 140]
    rows = [{"image": {"bytes": png(i), "path": name}, "label": "a"} for i, name in enumerate(names)]
    found = unpacked(tmp_path, rows, {})
    assert sorted(found.values()) == sorted(png(i) for i in range(len(names)))


def test_names_that_the_file_system_takes_for_one_are_kept_apart_or_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "Benign").mkdir()  # as a file system that ignores case answers for `benign`
    pd.DataFrame([{"image": png(1), "label": "Benign"}]).to_parquet(tmp_path / "train.parquet")
    with pytest.raises(UserError, match="'Benign' and another class have the same folder name"):
        parquet.unpack(tmp_path, ["train.parquet"], folder, {}, lambda *_: None)
