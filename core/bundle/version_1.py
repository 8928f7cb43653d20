"""Conversion of bundles of schema version 1, which earlier programs wrote, when they are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.augmentation.ranges import REMOVED_RANGES
from core.bundle import command_line
from core.data.groups import NEAR_DUPLICATES_ONLY, PATIENT_IDS
from core.data.mask_names import mask_owners
from core.data.provenance import PHANTOM_DATA
from core.recipe import MAX_NAME, REMOVED_FIELDS, WEIGHTS_BY_NAME
from core.schema import same

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

_GROUPINGS = {"near-copies only": NEAR_DUPLICATES_ONLY, "near-copies and patient ids": PATIENT_IDS}
_CITATIONS = {
    "Simulated by core/phantom of this project; no patient was scanned.": PHANTOM_DATA.citation or "",
}
_NEW_FIELDS = {"ancestry", "precision"}
_LOST = ", and a setting that no longer exists"
_RULE_END = re.compile(r" on validation$")
COLUMNS = {"part": "set"}
"""Names of columns in tables of version 1 → present names."""


def convert(content: Any) -> Any:
    """Return the content of ``bundle.json`` or of a training spec as one of schema version 2.

    Args:
        content: data before validation. That of another version, and anything unexpected, is left to the
            validation; a training spec of version 1 has no version.
    """
    if not isinstance(content, dict) or content.get("schema_version", 1) != 1:
        return content
    if not _NEW_FIELDS.isdisjoint(content):
        # Of another version than it says: what its weights have seen must not be replaced by nothing.
        return content | {"schema_version": 1}
    converted = content | {
        "schema_version": 2,
        "ancestry": _ancestry(content),
        "precision": _of_recipe(content, "precision", "float32"),
    }
    _replace(converted, "grouping", _GROUPINGS)
    if isinstance(recipe := content.get("recipe"), dict):
        converted["recipe"] = _recipe(recipe)
    if isinstance(command := content.get("command"), str):
        converted["command"] = command_line.republish(command)
    decision, data = content.get("decision"), content.get("data")
    if isinstance(data, dict):
        converted["data"] = dict(data)
        _replace(converted["data"], "citation", _CITATIONS)
    if isinstance(decision, dict):
        converted["decision"] = decision | {"embedding_scale": 1.0}
        if isinstance(rule := decision.get("operating_rule"), str):
            converted["decision"]["operating_rule"] = _RULE_END.sub(" on the validation set", rule)
    return converted


def convert_table(table: pd.DataFrame, columns: Collection[str]) -> pd.DataFrame:
    """Return a table of any version with the present columns.

    Version 1 knew one source of images, and masks by their names alone.

    Args:
        table: table as it was read.
        columns: columns that it has in version 2.
    """
    table = table.rename(columns={old: new for old, new in COLUMNS.items() if new not in table})
    if "file" not in table:
        return table
    if "source" in columns and "source" not in table:
        table["source"] = ""
    if "image" in columns and "image" not in table:
        owners = mask_owners(table["file"])
        table["image"] = [owners.get(file, "") for file in table["file"]]
    return table


def _ancestry(content: dict[str, Any]) -> dict[str, Any]:
    """Return the ancestry, of which version 1 recorded the name of the starting weights alone."""
    weights = _of_recipe(content, "weights", "imagenet")
    return {"models": (), "images": 0, "unknown": () if weights in WEIGHTS_BY_NAME else (weights,)}


def _recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe that can be read; its name says where it had a setting that no longer exists."""
    augmentation = recipe.get("augmentation")
    ranges = augmentation if isinstance(augmentation, dict) else {}
    if not (_changes(recipe, REMOVED_FIELDS) or _changes(ranges, REMOVED_RANGES)):
        return recipe
    kept = recipe | REMOVED_FIELDS
    if ranges:
        kept["augmentation"] = ranges | REMOVED_RANGES
    if isinstance(name := recipe.get("name"), str):
        kept["name"] = name[: MAX_NAME - len(_LOST)] + _LOST
    return kept


def _changes(fields: dict[str, Any], removed: Mapping[str, Any]) -> bool:
    return any(
        neutral is not None and name in fields and not same(fields[name], neutral)
        for name, neutral in removed.items()
    )


def _of_recipe(content: dict[str, Any], name: str, default: str) -> Any:
    recipe = content.get("recipe")
    return recipe.get(name, default) if isinstance(recipe, dict) else default


def _replace(fields: dict[str, Any], name: str, words: dict[str, str]) -> None:
    if isinstance(value := fields.get(name), str):
        fields[name] = words.get(value, value)
