"""The plan of a search: the recipes that it compares, by name, read from a JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field, JsonValue, ValidationError

from core.errors import UserError
from core.recipe import MAX_NAME, WEIGHTS_BY_NAME, Recipe, with_changes
from core.schema import Strict, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


ENSEMBLE = "ensemble of all"  # the mean of the logits of all configurations


class Plan(Strict):
    """Recipes that a search compares: what they share, and by name what each configuration changes."""

    recipe: dict[str, JsonValue] = Field(description="fields that all configurations share")
    configurations: dict[str, dict[str, JsonValue]] = Field(
        min_length=1, description="fields that differ; of a group, such as preprocessing, only those named"
    )


class _Seed(Strict):
    seed: int | None = Field(None, ge=0, lt=2**32)


class Configuration(NamedTuple):
    """A recipe of the plan, and the seed of its networks: None for that of the search."""

    recipe: Recipe
    seed: int | None


def read_plan(path: Path) -> dict[str, Configuration]:
    """Read the plan of a search from a JSON file: its recipes by the names of their configurations.

    A configuration may also have a ``seed``, so that the same recipe is trained more than once.

    Raises:
        UserError: the file cannot be read, or the plan or a recipe in it is not valid; the message names the
            entry of the plan that is at fault.
    """
    try:
        plan = parse(Plan, path.read_bytes(), what=f"the plan {path}")
    except OSError as error:
        raise UserError(f"the plan {path} cannot be read: {error.strerror or error}.") from None
    found = {name: _configuration(plan, name, path) for name in plan.configurations}
    for name, (recipe, _) in found.items():
        if recipe.weights not in WEIGHTS_BY_NAME:
            raise UserError(
                f"{name!r} in the plan {path} has the weights {recipe.weights!r}; write imagenet or none "
                "there, and give a file or bundle for all configurations with --weights."
            )
    return found


def _configuration(plan: Plan, name: str, path: Path) -> Configuration:
    if not name.strip() or len(name) > MAX_NAME:
        raise UserError(
            f"the plan {path} has a configuration named {name!r}; give each a name of 1 to {MAX_NAME} "
            "characters."
        )
    if name == ENSEMBLE:
        raise UserError(
            f"the plan {path} has a configuration named {name!r}, which is the name of the mean of all; give "
            "it another."
        )
    changes = dict(plan.configurations[name])
    seed = parse(_Seed, {"seed": changes.pop("seed", None)}, what=f"{name!r} in the plan {path}").seed
    fields = with_changes(plan.recipe, changes) | {"name": name}
    # Where several fields contradict each other, the error is of none of them but of their combination.
    first = next(iter(_wrong_fields(fields)), None)
    by_all = bool(first) and first in _wrong_fields(plan.recipe) and not _replace(changes, first)
    recipe = parse(Recipe, fields, what=f"{'recipe' if by_all else name!r} in the plan {path}")
    return Configuration(recipe, seed)


def _wrong_fields(fields: Mapping[str, JsonValue]) -> list[tuple[int | str, ...]]:
    """Return the paths of the fields that are not valid, such as ("preprocessing", "image_size")."""
    try:
        Recipe.model_validate(fields)
    except ValidationError as error:
        return [each["loc"] for each in error.errors()]
    return []


def _replace(changes: Mapping[str, JsonValue], field: tuple[int | str, ...]) -> bool:
    """Whether the changes give a field a value of their own, and do not just change some of its group."""
    value: Any = changes
    for key in field:
        if not isinstance(value, dict):
            return True
        if key not in value:
            return False
        value = value[key]
    return not isinstance(value, dict)
