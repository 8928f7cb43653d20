"""Limits on Parquet files: what a file says of itself is checked before its data is read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.parquet_limits import ParquetLimitError, open_parquet


def test_rows_are_counted_over_all_groups(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"a": range(10)}), path, row_group_size=3)
    with open_parquet(path, max_rows=10) as file:
        assert file.read()["a"].to_pylist() == list(range(10))
    with pytest.raises(ParquetLimitError, match="10 rows"):
        open_parquet(path, max_rows=9)


def test_a_text_that_many_rows_share_takes_memory_once(tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000), pa.array(["x" * 10**6]))
    pq.write_table(pa.table({"a": texts}), path, store_schema=False)
    with open_parquet(path, max_rows=1000, dictionaries=["a"]) as file:
        (batch,) = file.iter_batches()
    assert batch.num_rows == 1000
    assert batch.nbytes < 2 * 10**6


def test_a_huge_footer_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "footer.parquet"
    pq.write_table(pa.table({"x" * 2**21: [1]}), path)
    with pytest.raises(ParquetLimitError, match="a footer of"):
        open_parquet(path, max_rows=1)
    for content in (b"", b"PAR1", b"no Parquet file"):
        path.write_bytes(content)
        with pytest.raises(pa.ArrowException):
            open_parquet(path, max_rows=1)
