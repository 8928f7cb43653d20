"""Tables of a bundle: valid values alone are read."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import make_bundle
from PIL import Image

from core.bundle.folder import BundleError, open_bundle
from core.bundle.manifest import HISTORY, SPLIT, TEST_IMAGES, TEST_SET, VALIDATION
from core.bundle.tables import image_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_table_without_its_columns_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    pd.DataFrame({"file": ["x"]}).to_parquet(folder / TEST_SET)
    with pytest.raises(BundleError, match="no column 'sha256'"):
        bundle.table(TEST_SET)
    (folder / TEST_SET).write_bytes(b"no parquet")
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.table(TEST_SET)


def test_names_that_look_like_numbers_stay_text(folder: Path) -> None:
    bundle = open_bundle(folder)
    table = bundle.table(SPLIT)
    table["file"], table["sha256"] = "007", "NA"
    table.to_csv(folder / SPLIT, index=False)
    again = bundle.table(SPLIT)
    assert set(again["file"]) == {"007"}
    assert set(again["sha256"]) == {"NA"}


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        (TEST_SET, "true_class", "cyst"),
        (TEST_SET, "sha256", 7),
        (TEST_SET, "group", np.inf),
        (TEST_SET, "p_benign", 1.5),
        (TEST_SET, "p_benign", np.nan),
        (TEST_SET, "p_benign", "likely"),
        (TEST_SET, "device", 7),
        (TEST_SET, "lesion_area", 1.5),
        (TEST_SET, "lesion_area", -0.1),
        (TEST_SET, "lesion_area", "small"),
        (VALIDATION, "epoch", "first"),
        (TEST_IMAGES, "png", "text"),
        (SPLIT, "class", "cyst"),
        (SPLIT, "fingerprint", "AAAA"),
        (SPLIT, "fingerprint", "*" * 1368),
        (HISTORY, "loss", ""),
        (HISTORY, "loss", np.inf),
        (HISTORY, "epoch", 1),
        (HISTORY, "epoch", [1, 3, 5]),
    ],
)
def test_a_table_with_a_strange_value_is_refused(folder: Path, name: str, column: str, value) -> None:
    bundle = open_bundle(folder)
    table = bundle.table(name)
    table[column] = value
    write = table.to_csv if name.endswith(".csv") else table.to_parquet
    write(folder / name, index=False)
    with pytest.raises(BundleError, match=name):
        bundle.table(name)


def test_an_image_without_a_mask_has_no_lesion_area(folder: Path) -> None:
    bundle = open_bundle(folder)
    table = bundle.table(TEST_SET)
    assert "lesion_area" not in table
    table["lesion_area"] = [0.5, *[np.nan] * (len(table) - 1)]
    table.to_parquet(folder / TEST_SET, index=False)
    assert bundle.table(TEST_SET)["lesion_area"].tolist()[0] == 0.5
    assert bundle.table(TEST_SET)["lesion_area"].isna().sum() == len(table) - 1


def test_a_table_without_rows_is_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    bundle.table(TEST_SET)[:0].to_parquet(folder / TEST_SET)
    with pytest.raises(BundleError, match="no valid values"):
        bundle.table(TEST_SET)


def test_pandas_notes_in_a_parquet_file_are_not_followed(folder: Path) -> None:
    bundle = open_bundle(folder)
    before = bundle.table(TEST_SET)
    notes = {b"pandas": b'{"index_columns": [{"kind": "x"}], "columns": 3}'}
    pq.write_table(pa.Table.from_pandas(before).replace_schema_metadata(notes), folder / TEST_SET)
    pd.testing.assert_frame_equal(bundle.table(TEST_SET), before)


@pytest.mark.parametrize(("size", "kind"), [((64, 64), "PNG"), ((32, 32), "BMP"), ((32, 32), "GIF")])
def test_a_test_image_is_a_png_of_the_input_size(folder: Path, size: tuple[int, int], kind: str) -> None:
    bundle = open_bundle(folder)
    file = io.BytesIO()
    Image.new("L", size).save(file, kind)
    table = bundle.table(TEST_IMAGES)
    table["png"] = file.getvalue()
    table.to_parquet(folder / TEST_IMAGES)
    with pytest.raises(BundleError, match="not a PNG image of 32 × 32"):
        bundle.test_images()


def test_stored_images_are_lossless() -> None:
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 256, (9, 9, 1), dtype=np.uint8), 3, axis=2)
    colour = rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    table = image_table(["a", "b"], [grey, colour])
    for png, image in zip(table["png"], (grey, colour), strict=True):
        assert (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) == image).all()
