"""File names do not leave with a redacted bundle."""

import hashlib

import pandas as pd
import pytest

from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import SPLIT, TEST_SET, VALIDATION
from core.bundle.redaction import redacted_tables
from core.bundle.tables import read_csv


@pytest.mark.parametrize("extra", ["", "patient"])
def test_names_become_prefixes_of_hashes_and_other_columns_are_dropped(bundle, tmp_path, extra) -> None:
    if extra:
        split = read_csv(bundle / SPLIT)
        split.assign(**{extra: split["file"]}).to_csv(bundle / SPLIT, index=False)
        write_manifest(bundle, **read_manifest(bundle).model_dump(exclude={"files", "schema_version"}))
    opened = open_bundle(bundle)
    contents, entries = redacted_tables(opened)
    assert set(contents) == set(entries) == {SPLIT, TEST_SET, VALIDATION}
    original = opened.table(SPLIT)
    prefix = dict(zip(original["file"], original["sha256"].str[:12], strict=True))
    for name, content in contents.items():
        assert b".png" not in content
        assert (entries[name].size, entries[name].sha256) == (
            len(content),
            hashlib.sha256(content).hexdigest(),
        )
        (tmp_path / name).write_bytes(content)
        table = read_csv(tmp_path / name) if name == SPLIT else pd.read_parquet(tmp_path / name)
        assert table["file"].tolist() == [prefix[file] for file in opened.table(name)["file"]]
        assert list(table.columns) == list(opened.table(name).columns)


def test_images_with_the_same_pixels_are_numbered(bundle, tmp_path) -> None:
    split = read_csv(bundle / SPLIT)
    split.loc[:2, "sha256"] = split.loc[0, "sha256"]
    split.to_csv(bundle / SPLIT, index=False)
    write_manifest(bundle, **read_manifest(bundle).model_dump(exclude={"files", "schema_version"}))
    (tmp_path / SPLIT).write_bytes(redacted_tables(open_bundle(bundle))[0][SPLIT])
    names = read_csv(tmp_path / SPLIT)["file"]
    assert names.is_unique
    assert names[:3].tolist() == [names[0], f"{names[0]}-2", f"{names[0]}-3"]
