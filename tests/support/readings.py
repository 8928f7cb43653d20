"""Test sets of two machines with radiologists' BI-RADS categories and lesion areas, for tiny bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.bundle.manifest import TEST_SET

if TYPE_CHECKING:
    from pathlib import Path

CATEGORIES = {"benign": ("2", "3", "4"), "malignant": ("3", "4", "5"), "normal": ("2", "3", "4")}


def add_readings(folder: Path) -> None:
    """Triple the test set of a bundle that is being made, each time read into another category."""
    table = pd.read_parquet(folder / TEST_SET)
    tripled = [
        table.assign(
            file=f"{number} " + table["file"],
            group=table["group"] + 100 * number,
            birads=[CATEGORIES[name][number] for name in table["true_class"]],
            device="AB"[number % 2],
            lesion_area=np.where(table["true_class"] == "normal", np.nan, 0.04 * (number + 1)),
        )
        for number in range(3)
    ]
    pd.concat(tripled, ignore_index=True).to_parquet(folder / TEST_SET)
