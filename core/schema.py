"""Strict pydantic models: reading them with a one-sentence error, and writing them as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import UserError

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Immutable data that refuses fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        # Files of schema version 1 call some fields otherwise; the code has one name for each.
        validate_by_name=True,
        serialize_by_alias=True,
    )

    def to_json(self) -> str:
        """Return the indented JSON text of a file that holds this."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def parse(model: type[Model], data: Any, *, what: str) -> Model:
    """Validate data, with a one-sentence UserError that names the first wrong field."""
    try:
        if isinstance(data, str | bytes):
            return model.model_validate_json(data)
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{what} is not valid: {field}{': ' if field else ''}{reason}.") from None


def write_json(path: Path, model: Strict) -> None:
    """Write a model to a JSON file, and create the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(model.to_json(), encoding="utf-8")


def load_named(name: str, named: dict[str, Model], model: type[Model], *, what: str) -> Model:
    """Return a built-in value by its name, or read one from a JSON file.

    Raises:
        UserError: neither a name nor a file, or the file does not fit the model.
    """
    if name in named:
        return named[name]
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{what} {name!r} is neither {', '.join(named)} nor a JSON file that exists.")
    return parse(model, path.read_bytes(), what=f"{what} {path}")
