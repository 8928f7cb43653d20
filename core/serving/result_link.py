"""What an address says of a blinded set and of a person's answers to it: the whole of a result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from core.errors import UserError
from core.schema import Strict
from core.serving.blinded_set import DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEED, IMAGES, LIMIT, RESULT = "seed", "images", "limit", "result"
"""Names in the address."""
SEEDS = 10_000
COUNTS = (10, 20, 40)
LIMITS = (0, 10, 20, 60)
"""Seconds for each image; 0 for no limit."""
MOST_CLASSES = 9
"""An answer is one digit, and one key: 0 is no answer."""
_TIME_DIGITS = 3
_BASE = 36
_NUMERALS = "0123456789abcdefghijklmnopqrstuvwxyz"
_RESULT = re.compile(rf"([0-9a-f]{{{DIGITS}}})\.([0-9]+)\.([0-9a-z]+)")


class Settings(NamedTuple):
    """What an address asks for.

    Attributes:
        seed: number of the set, below ``SEEDS``.
        images: largest number of images, one of ``COUNTS``.
        limit: seconds for each image, one of ``LIMITS``.
    """

    seed: int = 1
    images: int = 20
    limit: int = 0


class Answers(Strict):
    """A person's answers to the images of a set, in their order."""

    classes: tuple[Annotated[int, Field(ge=0, lt=MOST_CLASSES)] | None, ...] = Field(
        min_length=1, max_length=max(COUNTS), description="index of the class; None for no answer"
    )
    seconds: tuple[Annotated[float, Field(ge=0, le=1_000_000)], ...] = Field(
        description="time taken for each image"
    )

    @model_validator(mode="after")
    def _has_a_time_for_each(self) -> Self:
        if len(self.seconds) != len(self.classes):
            raise ValueError("it has not one time for each image")
        return self


def read_settings(address: Mapping[str, str]) -> Settings:
    """Return what an address asks for; what it does not name is as in the default.

    Args:
        address: query parameters.

    Raises:
        UserError: a value is not one of those allowed.
    """
    allowed = (
        (SEED, range(SEEDS), f"a whole number below {SEEDS:,}"),
        (IMAGES, COUNTS, f"one of {', '.join(map(str, COUNTS))}"),
        (LIMIT, LIMITS, f"one of {', '.join(map(str, LIMITS))}"),
    )
    found = []
    for (name, values, words), default in zip(allowed, Settings(), strict=True):
        text = address.get(name, str(default))
        # int() takes blanks, signs and other digits, and refuses thousands of them.
        number = int(text) if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) else -1
        if number not in values:
            raise UserError(
                f"The address is not valid: {name} must be {words}. Ask for the link again, or start anew."
            )
        found.append(number)
    return Settings(*found)


def write_settings(settings: Settings) -> dict[str, str]:
    """Return the query parameters of a set, all of them, so that the default may change."""
    return dict(zip((SEED, IMAGES, LIMIT), map(str, settings), strict=True))


def write_result(set_name: str, answers: Answers) -> str:
    """Return answers as the value of ``RESULT`` in an address, times to a tenth of a second.

    Args:
        set_name: name of the set, from ``blinded_set.name``.
        answers: answers to its images.
    """
    given = "".join("0" if index is None else str(index + 1) for index in answers.classes)
    return f"{set_name}.{given}.{''.join(map(_write_time, answers.seconds))}"


def read_result(text: str, set_name: str, images: int, classes: int) -> Answers:
    """Return the answers in an address.

    Args:
        text: value of ``RESULT``.
        set_name: name of the set that the rest of the address gives here.
        images: number of its images.
        classes: number of classes.

    Raises:
        UserError: the text is no result, or one of another set.
    """
    found = _RESULT.fullmatch(text)
    if found is None:
        raise _damaged()
    made_for, given, times = found.groups()
    if made_for != set_name:
        raise UserError(
            "The result in this address is of other images than this app has for it: the model or the data "
            "are another version. Open it in the app where it was made."
        )
    if len(given) != images or len(times) != _TIME_DIGITS * images or int(max(given)) > classes:
        raise _damaged()
    starts = range(0, len(times), _TIME_DIGITS)
    return Answers(
        classes=tuple(None if digit == "0" else int(digit) - 1 for digit in given),
        seconds=tuple(int(times[start : start + _TIME_DIGITS], _BASE) / 10 for start in starts),
    )


def keys(class_names: Sequence[str]) -> list[str]:
    """Return the letter that answers each class, its first one; '' where another class has the same."""
    first = [name.strip()[:1].lower() for name in class_names]
    return [letter if letter.isalpha() and first.count(letter) == 1 else "" for letter in first]


def _damaged() -> UserError:
    return UserError("The result in this address is damaged. Ask for the link again, or start anew.")


def _write_time(seconds: float) -> str:
    tenths = min(max(round(10 * seconds), 0), _BASE**_TIME_DIGITS - 1)
    written = ""
    for _ in range(_TIME_DIGITS):
        tenths, digit = divmod(tenths, _BASE)
        written = _NUMERALS[digit] + written
    return written
