"""What was measured on BUSI and stands in docs/results, checked on every read."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.data.provenance import PROTOCOLS
from core.errors import UserError
from core.evaluation.protocol_comparison import KINDS
from core.schema import parse

FOLDER = Path(__file__).parents[2] / "docs" / "results"
IMAGE_SIZES = (150, 224)
"""Pixels, for which the three protocols were compared on BUSI."""


class _Read(BaseModel):
    """Reports hold more than a page shows."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Estimate(_Read):
    """A mean over repeats, 0-1, with its 95 % interval."""

    mean: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.mean <= self.high:
            raise ValueError("the mean lies outside its interval")
        return self


class Protocol(_Read):
    """One protocol: mean sizes of its parts, and its figures by the names of ``FIGURES``."""

    train: float = Field(gt=0)
    test: float = Field(gt=0)
    figures: dict[str, Estimate | None]


class Kind(_Read):
    """One kind of file in the paper protocol's test set: the mean number, and the figures."""

    images: float = Field(ge=0, alias="pictures")
    figures: dict[str, Estimate | None]


class _Data(_Read):
    name: str
    patient_ids: bool


class Comparison(_Read):
    """One recipe under the three protocols, as ``train_cli.py compare`` writes it."""

    data: _Data
    mode: str
    images: int = Field(gt=0)
    masks: int = Field(ge=0)
    repeats: int = Field(gt=0)
    protocols: dict[str, Protocol]
    paper_test_part: dict[str, Kind]
    sentences: tuple[str, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not set(PROTOCOLS) <= set(self.protocols) or not set(KINDS) <= set(self.paper_test_part):
            raise ValueError("a protocol or a kind of test file is missing")
        return self


def read_comparison(image_size: int, folder: Path = FOLDER) -> Comparison:
    """Read what the three protocols gave on BUSI with frozen Xception features.

    Args:
        image_size: one of ``IMAGE_SIZES``.
        folder: where the reports lie.

    Raises:
        UserError: the report is not there, or is not valid.
    """
    path = folder / f"protocols_busi_xception_{image_size}.json"
    try:
        text = path.read_bytes()
    except OSError:
        raise UserError(
            f"The measured results are not here: docs/results/{path.name} cannot be read; "
            "take docs/ along when you copy the app."
        ) from None
    return parse(Comparison, text, what=path.name)
