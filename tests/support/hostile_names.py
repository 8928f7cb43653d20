"""Names that try to be markup, formulas and terminal codes: of classes, files, models and data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from bundles import make_bundle

from core.bundle.manifest import SPLIT, TEST_SET, VALIDATION
from core.bundle.tables import read_csv
from core.csv_table import to_csv

if TYPE_CHECKING:
    from pathlib import Path

HOST = "evil.example"  # where every link and image leads
CLASSES = (
    f"=1+1;<a href='https://{HOST}/a'>x</a> <b>bold</b>",
    f"[link](https://{HOST}/m) https://{HOST}/u www.{HOST} a@{HOST}",
    f"![i](https://{HOST}/i.png) :red[r] :smile: `c` $x$ %{{y}} \x1b[31m\u202e **s**; t",
)
NAME = f"# <img src=https://{HOST}/n> __model__ [red]r[/red] https://{HOST}/n"
DATA = f"|pipe| ~~data~~ https://{HOST}/d :material/home:"
# A folder's name has no slash.
FOLDER = f"=m [l](www.{HOST}) <i>y <b>bold **s** a@{HOST}"
FILE = f"=cmd|' www.{HOST} <s>z *e* [f](www.{HOST}) [red]r[\u2044red] \x1b]8;;www.{HOST}\x07t"


def make_hostile_bundle(folder: Path, **fields: Any) -> None:
    """Write a small bundle in which every name is hostile."""

    def rename(made: Path) -> None:
        split = read_csv(made / SPLIT)
        names = {file: f"{FILE} {number}.png" for number, file in enumerate(split["file"])}
        (made / SPLIT).write_text(to_csv(split.assign(file=split["file"].map(names))), encoding="utf-8")
        for table in (TEST_SET, VALIDATION):
            content = pd.read_parquet(made / table)
            content.assign(file=content["file"].map(names)).to_parquet(made / table)

    data = {"name": DATA, "simulated": True, "patient_ids": False, "licence": DATA, "citation": DATA}
    recipe = {"name": "`` r ``", "backbone": "tiny", "epochs": 3, "preprocessing": {"image_size": 32}}
    command = f"python\n```\n[c](https://{HOST}/c) \x1b[31m"
    own = {"name": NAME, "data": data, "recipe": recipe, "command": command, "grouping": NAME}
    own["ancestry"] = {"models": (), "images": 0, "unknown": (NAME,)}
    make_bundle(folder, class_names=CLASSES, fill=rename, **own | fields)


def make_hostile_folder(folder: Path, images: list[bytes]) -> None:
    """Write a data folder with two classes that have these images, with hostile names."""
    for number in (1, 2):
        place = folder / f"{FOLDER} {number}"
        place.mkdir(parents=True)
        for image, data in enumerate(images):
            (place / f"{FILE} {image}.png").write_bytes(data)
