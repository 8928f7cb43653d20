from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundles import CLASSES, make_bundle

from core.bundle.folder import add_file
from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.data.phantom import dataset as phantom_dataset
from core.evaluation.predictions import probability_columns
from core.experiments.cross_validation_report import REPORT, out_of_fold

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Writes a cross-validation of two tiny bundles; another shuffle stands for another network."""

    def make(name: str, *, shuffle: int = 0, **fields: object) -> Path:
        rng = np.random.default_rng(shuffle)
        folders = [tmp_path / name / f"fold-{number}" for number in (1, 2)]

        def fill(folder: Path) -> None:
            table = pd.read_parquet(folder / TEST_SET)
            columns = probability_columns(CLASSES)
            table[columns] = rng.permutation(table[columns].to_numpy())
            if folder == folders[1]:
                table = table.assign(file="other " + table["file"], group=table["group"] + 1000)
            table.to_parquet(folder / TEST_SET, index=False)

        for folder in folders:
            make_bundle(folder, fill=fill, **fields)
        table = tmp_path / name / OUT_OF_FOLD
        out_of_fold(folders).to_parquet(table, index=False)
        for folder in folders:
            add_file(folder, table)
        (tmp_path / name / REPORT).touch()
        return tmp_path / name

    return make


@pytest.fixture(scope="package")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom_dataset.write_dataset(folder, counts={"benign": 28, "malignant": 24, "normal": 22})
    return folder
