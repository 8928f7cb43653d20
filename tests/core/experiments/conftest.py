from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from bundles import CLASSES, make_bundle
from reading import request_for, silent

from core.bundle.folder import add_file
from core.bundle.manifest import OUT_OF_FOLD, TEST_SET
from core.data.phantom import dataset as phantom_dataset
from core.evaluation.predictions import probability_columns
from core.experiments.cross_validation import cross_validate
from core.experiments.cross_validation_report import REPORT, CrossValidation, out_of_fold
from core.experiments.data_source import DataRequest
from core.experiments.request import Request
from core.recipe import Recipe

MakeRun = Callable[..., Path]
RECIPE = Recipe(
    backbone="tiny",
    head="average",
    fine_tune="all",
    preprocessing={"image_size": 32},
    epochs=1,
    batch_size=16,
    sampling="balanced",
)


class HeldOut(NamedTuple):
    """A finished run with two held-out sources: what was asked, found and said."""

    request: Request
    report: CrossValidation
    said: list[str]


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


@pytest.fixture(scope="package")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another hospital without normal images, and a table with two machines."""
    folder = tmp_path_factory.mktemp("elsewhere")
    phantom_dataset.write_dataset(folder, counts={"benign": 33, "malignant": 30}, seed=7)
    files = sorted(path for path in folder.rglob("*.png") if "_mask" not in path.name)
    rows = [
        {
            "file": path.relative_to(folder.parent).as_posix(),
            "label": path.parent.name,
            "device": "AB"[number % 2],
        }
        for number, path in enumerate(files)
    ]
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder


@pytest.fixture(scope="package")
def held_out(phantoms: Path, elsewhere: Path, tmp_path_factory: pytest.TempPathFactory) -> HeldOut:
    """A run in which each of two hospitals is held out."""
    said: list[str] = []
    data = DataRequest((str(phantoms), str(elsewhere)), tables=(elsewhere / "table.csv",))
    output = tmp_path_factory.mktemp("runs") / "held-out"
    request = request_for(phantoms, output, RECIPE)._replace(data=data)
    report = cross_validate(request, 5, silent, said.append, hold_out="source")
    return HeldOut(request, report, said)
