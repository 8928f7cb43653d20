"""Strict pydantic models, and their validation with a one-sentence error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Base of all models: immutable, and unknown fields are errors."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        # An alias is the name of a field in files of earlier programs; it is read and never written.
        validate_by_name=True,
    )


def parse(model: type[Model], data: Any, *, what: str) -> Model:
    """Validate data from a file, a request or code.

    Args:
        model: pydantic model to validate against.
        data: JSON text or bytes, or a mapping of fields.
        what: subject of the error message, such as "the recipe".

    Raises:
        UserError: the data is not valid; the message names the first invalid field.
    """
    try:
        if isinstance(data, str | bytes):
            return model.model_validate_json(data)
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{what} is not valid: {field}{': ' if field else ''}{reason}.") from None


def without_removed(fields: Mapping[str, Any], removed: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields without those that earlier programs had and that changed nothing.

    Args:
        fields: fields of a file by name, before their validation.
        removed: name of a removed field → the value that changed nothing, or None if every value did.

    Raises:
        ValueError: a removed field has another value.
    """
    for name, neutral in removed.items():
        if neutral is not None and name in fields and not same(fields[name], neutral):
            raise ValueError(f"{name} is a setting that this version no longer has; leave it out")
    return {name: value for name, value in fields.items() if name not in removed}


def same(value: Any, other: Any) -> bool:
    """Return whether two values of fields are equal, a list and a tuple of equal numbers among them."""
    return (list(value) if isinstance(value, tuple) else value) == other


def read_json(data: str | bytes) -> Any:
    """Return the value of a JSON text from an untrusted source.

    Args:
        data: JSON text, or its bytes in UTF-8.

    Raises:
        ValueError: the text is not JSON, or nested more than about 200 levels deep. ``json.loads`` would end
            in a RecursionError, which is no ValueError.
    """
    return from_json(data)


def load_named(name: str, built_in: dict[str, Model], model: type[Model], *, what: str) -> Model:
    """Return a built-in value by name, or read one from a JSON file.

    Args:
        name: name of a built-in value, or path of a JSON file.
        built_in: built-in values by name.
        model: pydantic model of the file's content.
        what: subject of the error message, such as "recipe".

    Raises:
        UserError: the name is neither, or the file's content is not valid.
    """
    if name in built_in:
        return built_in[name]
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{what} {name!r} is neither {', '.join(built_in)} nor an existing JSON file.")
    return parse(model, path.read_bytes(), what=f"{what} {path}")
