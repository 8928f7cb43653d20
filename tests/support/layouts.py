"""Every layout of data that the program reads, by name."""

from collections.abc import Callable
from pathlib import Path

import data_sets
import table_data_sets
from data_sets import Expected

LAYOUTS: dict[str, Callable[[Path], Expected]] = {
    "busi": data_sets.write_busi,
    "own split": data_sets.write_own_split,
    "own split, other names": lambda folder: data_sets.write_own_split(
        folder, sets=("Training", "Dev", "Testing")
    ),
    "videos": data_sets.write_videos,
    "flat": data_sets.write_flat,
    "wrapped": data_sets.write_wrapped,
    "messy names": data_sets.write_messy_names,
    "twin masks": data_sets.write_twin_masks,
    "twin masks inside": lambda folder: data_sets.write_twin_masks(folder, inside=True),
    "curated": data_sets.write_curated,
    "litter": data_sets.write_litter,
    "endings": data_sets.write_endings,
    "busbra": table_data_sets.write_busbra,
    "bus_uclm": table_data_sets.write_bus_uclm,
    "breast_tcia": table_data_sets.write_breast_tcia,
    "hub metadata": table_data_sets.write_hub_metadata,
    "hub metadata, two sets": lambda folder: table_data_sets.write_hub_metadata(
        folder, sets=("train", "test")
    ),
}
