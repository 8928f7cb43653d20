"""The specification of a training that needs no data, for tests of what a training does with one."""

from typing import Any

from core.bundle.manifest import NO_ANCESTORS, TrainingSpec
from core.data.provenance import PHANTOM_DATA
from core.recipe import Recipe


def tiny_spec(recipe: dict[str, Any], **fields: Any) -> TrainingSpec:
    """Two classes, a and b, and the tiny backbone; ``recipe`` and ``fields`` add or replace."""
    plain = {
        "name": "tiny",
        "command": "python train_cli.py train data",
        "protocol": "clean",
        "grouping": "near-duplicates only",
        "seed": 3,
        "class_names": ("a", "b"),
        "positive_class": "b",
        "data": PHANTOM_DATA,
        "ancestry": NO_ANCESTORS,
    }
    return TrainingSpec(recipe=Recipe(backbone="tiny", head="average", **recipe), **(plain | fields))
