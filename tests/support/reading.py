"""Data folders read as every command reads them."""

from pathlib import Path
from typing import Any

import pandas as pd

from core.data.index import build_index
from core.data.reader import read_folder
from core.experiments.data_source import DataRequest
from core.experiments.request import Request
from core.recipe import Recipe


def indexed(folder: Path) -> pd.DataFrame:
    """Return the index table of a folder."""
    return build_index(read_folder(folder)).table


def listed(folder: Path) -> dict[str, str]:
    """Return the class of each image of a folder."""
    index = indexed(folder)
    return dict(zip(index["file"], index["class"], strict=True))


def request_for(data: Path | str, output: Path, recipe: Recipe, **fields: Any) -> Request:
    """Return a request for trainings from random weights, with seed 0."""
    return Request(
        DataRequest((str(data),)), output, recipe, "none", None, 0, resume=False, command=""
    )._replace(**fields)


def silent(*_: object) -> None:
    """A progress that nobody watches."""
