"""Tables from an untrusted source: what would decode to gigabytes is refused in little memory."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bundles import CLASSES, make_bundle
from paths import ROOT

from core.bundle import tables
from core.bundle.folder import Bundle, BundleError, open_bundle
from core.bundle.manifest import EMBEDDINGS, HISTORY, SPLIT, TEST_IMAGES, TEST_SET
from core.bundle.table_files import MAX_TABLE_BYTES, Limits, TableLimitError, read_csv, read_parquet
from core.csv_table import to_csv

MANY = 1_234_567  # recognised in a footer
FEW = 12
# Reads each table with 256 MB more than Python has by then, and prints what came of it.
READ = """
import resource, sys
from pathlib import Path
from core.bundle.folder import BundleError, open_bundle
bundles = [(open_bundle(Path(folder)), name) for folder, name in zip(sys.argv[1::2], sys.argv[2::2])]
bundles[0][0].table("split.csv")  # imports and thread pools
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
limit = int(status["VmData"].split()[0]) * 1024 + 256 * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
for bundle, name in bundles:
    try:
        found = bundle.training_embeddings() if name.endswith(".npy") else bundle.table(name)
        print(bundle.folder.name, len(found), "rows")
    except BundleError as error:
        print(bundle.folder.name, type(error.__cause__).__name__, error)
"""


def repeated(value: str | bytes, rows: int) -> pa.DictionaryArray:
    """One value in many rows, which takes the value's own size in a file."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def write(
    folder: Path, rows: int, compression: str = "snappy", group_rows: int | None = None, **columns: pa.Array
) -> None:
    """Write a test set of equal rows, some of its columns replaced."""
    table = {
        "file": repeated("a.png", rows),
        "sha256": repeated("0" * 64, rows),
        "group": pa.array(np.zeros(rows, np.int64)),
        "true_class": repeated(CLASSES[0], rows),
        **{f"p_{name}": pa.array(np.zeros(rows, np.float32)) for name in CLASSES},
    }
    # Without a note that columns are dictionaries, which pandas would keep as such.
    path = folder / TEST_SET
    pq.write_table(pa.table(table | columns), path, group_rows, compression=compression, store_schema=False)


def varint(number: int, length: int = 0) -> bytes:
    """A number as the footer has it; padded with empty digits to a length."""
    digits, rest = [], 2 * number
    while rest or len(digits) < length:
        digits.append(rest & 127)
        rest >>= 7
    return bytes([digit | 128 for digit in digits[:-1]] + digits[-1:])


def lie(path: Path, truth: int, said: int) -> None:
    """Replace a number in a footer."""
    data = path.read_bytes()
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[start:].replace(varint(truth), varint(said, len(varint(truth))))
    assert footer != data[start:]
    path.write_bytes(data[:start] + footer)


def lie_about_the_rows(folder: Path, group_rows: int | None = None) -> None:
    """In the sum over two groups of rows, or, with one group, in all that is said about it."""
    write(folder, MANY, group_rows=group_rows)
    lie(folder / TEST_SET, MANY, FEW)


def lie_about_the_size(folder: Path) -> None:
    write(folder, FEW, file=pa.array(["x" * 50_000_000, *"abcdefghijk"]))
    metadata = pq.read_metadata(folder / TEST_SET).row_group(0)
    lie(folder / TEST_SET, metadata.column(0).total_uncompressed_size, 99)


def prefixes(folder: Path) -> None:
    """Each value takes all but nothing from the one before it."""
    options = {"use_dictionary": False, "column_encoding": {"file": "DELTA_BYTE_ARRAY"}}
    pq.write_table(pa.table({"file": ["x" * 2**22] * 70}), folder / TEST_SET, **options)


def huge_embeddings(folder: Path) -> None:
    with (folder / EMBEDDINGS).open("wb") as file:
        header = {"descr": "<f2", "fortran_order": False, "shape": (2000, 60_000)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 240_000_000)


def csv(name: str, text: str):
    return lambda folder: (folder / name).write_text((folder / name).read_text() + text)


BOMBS = {
    "long text": (TEST_SET, lambda folder: write(folder, 30, file=repeated("x" * 2**24, 30))),
    "many texts": (TEST_SET, lambda folder: write(folder, 10**6, file=repeated("x" * 4000, 10**6))),
    "rows": (TEST_SET, lambda folder: write(folder, 1_000_001)),
    "lying rows": (TEST_SET, lie_about_the_rows),
    "lying group": (TEST_SET, partial(lie_about_the_rows, group_rows=MANY)),
    "lying size": (TEST_SET, lie_about_the_size),
    "zstd": (TEST_SET, lambda folder: write(folder, 1, "zstd", file=pa.array(["x" * 3 * 10**7]))),
    "prefixes": (TEST_SET, prefixes),
    "nested": (TEST_SET, lambda folder: write(folder, 1, file=pa.array([["x"] * 1_000_001]))),
    "footer": (TEST_SET, lambda folder: pq.write_table(pa.table({"x" * 2**21: [1]}), folder / TEST_SET)),
    "columns": (SPLIT, lambda folder: (folder / SPLIT).write_text("," * 10**7)),
    "values": (SPLIT, csv(SPLIT, "," * 10**7)),
    "lines": (SPLIT, csv(SPLIT, '"' + "x\n" * 10**6)),
    "epochs": (HISTORY, csv(HISTORY, "1,1,1,1,1,1,1,x\n" * 10**5)),
    "embeddings": (EMBEDDINGS, huge_embeddings),
}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    make_bundle(tmp_path / "bundle")
    return open_bundle(tmp_path / "bundle")


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_small_files_that_decode_to_gigabytes_are_refused_in_little_memory(tmp_path: Path) -> None:
    arguments = []
    for what, (name, fill) in BOMBS.items():
        folder = tmp_path / what
        # As many images as may be claimed, so that the manifest does not help.
        counts = {"test": {"benign": 10**6}} if what == "many texts" else {"test": {"benign": 100}}
        make_bundle(folder, fill=fill, counts=counts)
        assert (folder / name).stat().st_size < 11e6 or name == EMBEDDINGS
        arguments += [folder, name]
    finished = subprocess.run(
        [sys.executable, "-c", READ, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said = dict(zip(BOMBS, finished.stdout.splitlines(), strict=True))
    assert not [line for line in said.values() if "Memory" in line]
    read = {what for what, line in said.items() if line.endswith("rows")}
    assert read <= {"lying group"}  # as many as it says
    for what in set(BOMBS) - {"lying group"}:
        assert said[what].startswith(what)
        assert said[what].endswith("; pull or train it again.")


def test_rows_are_bounded_by_the_manifest(bundle: Bundle) -> None:
    images = bundle.manifest.image_count
    write(bundle.folder, images)
    assert len(bundle.table(TEST_SET)) == images
    write(bundle.folder, images + 1)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.table(TEST_SET)
    with pytest.raises(ValueError, match="1000000"):
        bundle.manifest.model_validate(
            bundle.manifest.model_dump() | {"counts": {"test": {"benign": 1_000_001}}}
        )


def test_tables_are_read_as_pandas_reads_them(bundle: Bundle) -> None:
    for name in (TEST_SET, TEST_IMAGES):
        expected = pd.read_parquet(bundle.folder / name).reset_index(drop=True)
        if "file" in expected:
            expected.insert(1, "source", "")  # which tables of version 1 do not have
        pd.testing.assert_frame_equal(bundle.table(name), expected)
    for name in (SPLIT, HISTORY):
        expected = tables.read_csv(bundle.folder / name)[list(tables.COLUMNS[name])]
        pd.testing.assert_frame_equal(bundle.table(name), expected)


def test_a_csv_file_is_read_to_its_limits(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('a,b,"c\nd"\n007,1.5,"x, ""y"""\nNA,2,\n', newline="")
    expected = pd.DataFrame({"a": ["007", "NA"], "b": [1.5, 2], "c\nd": ['x, "y"', ""]})
    columns = ["a", "b", "c\nd"]
    pd.testing.assert_frame_equal(read_csv(path, columns, ("a", "c\nd"), Limits(2)), expected)
    assert list(read_csv(path, ["b", "z"], (), Limits(2)).columns) == ["b"]
    for limits in (Limits(rows=1), Limits(table_bytes=10)):
        with pytest.raises(TableLimitError):
            read_csv(path, columns, (), limits)


def test_a_parquet_file_is_read_to_its_limits(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    table = pd.DataFrame({"a": ["x" * 10, "y" * 20, "é"] * 1000, "b": np.arange(3000.0)})
    table.to_parquet(path, row_group_size=700)
    pd.testing.assert_frame_equal(read_parquet(path, ["a", "b", "z"], Limits(3000, 20)), table)
    bytes_read = sum(len(text.encode()) for text in table["a"]) + 8 * 3000
    read_parquet(
        path, ["a", "b"], Limits(3000, 20, bytes_read + 3000 // 8 + 100)
    )  # and a bit for each number
    for limits in (Limits(2999), Limits(3000, 19), Limits(3000, 20, bytes_read - 1)):
        with pytest.raises(ValueError, match=r"rows|value"):
            read_parquet(path, ["a", "b"], limits)


def test_a_split_table_of_many_images_fits_the_limits() -> None:
    assert MAX_TABLE_BYTES > 180_000 * 1450


def test_names_that_were_no_formulas_come_back(bundle: Bundle, tmp_path: Path) -> None:
    split = bundle.table(SPLIT).head(4)
    split["file"] = ["=cmd|' /C calc'!A0", "'=1", "plain.png", "a;+1"]
    (tmp_path / SPLIT).write_text(to_csv(split), encoding="utf-8")
    found = read_csv(tmp_path / SPLIT, ("file",), ("file",), Limits())
    assert found["file"].tolist() == split["file"].tolist()
    assert ",=cmd" not in (tmp_path / SPLIT).read_text()
