"""The GRIM test: find the numbers of images that are consistent with the shares that a paper reports.

A share of n images is k/n with an integer k. Most n are inconsistent with a share rounded to a few digits,
and several shares of the same images leave few n, or one. After N. J. L. Brown and J. A. J. Heathers, "The
GRIM test: a simple technique detects numerous anomalies in the reporting of results in psychology", Social
Psychological and Personality Science 8(4), 2017, 363-369.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_SHARES = 200
MAX_DIGITS = 8
_NUMBER = re.compile(r"(\d*)(?:\.(\d+))?(%?)")


class Share(NamedTuple):
    """A reported share, ``units`` / 10 ** ``digits``.

    Attributes:
        units: numerator, an integer.
        digits: number of digits to which the share is rounded.
    """

    units: int
    digits: int


def read_shares(text: str) -> list[Share]:
    """Parse shares such as 0.8975, .8975 or 89.75 %, separated by spaces, commas, semicolons or lines.

    Raises:
        UserError: a word is not a share from 0 to 1, or there are none or too many.
    """
    words = re.sub(r"\s+%", "%", text).replace(",", " ").replace(";", " ").split()
    if not 0 < len(words) <= MAX_SHARES:
        raise UserError(f"Enter between 1 and {MAX_SHARES} shares, such as 0.8975 or 89.75 %.")
    return [_share(word) for word in words]


def _share(word: str) -> Share:
    match = _NUMBER.fullmatch(word)
    whole, decimals, percent = match.groups(default="") if match else ("", "", "")
    digits = len(decimals) + (2 if percent else 0)
    if not whole + decimals or digits > MAX_DIGITS or int(whole + decimals) > 10**digits:
        raise UserError(f"“{word[:40]}” is not a share from 0 to 1; write 0.8975 or 89.75 %.")
    return Share(int(whole + decimals), digits)


def fitting(shares: Sequence[Share], denominators: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the shares that each n is consistent with.

    A half may have been rounded up or down.

    Args:
        shares: reported shares.
        denominators: numbers of images n to test, int64 [N], at least 1.

    Returns:
        Number of consistent shares for each n, int64 [N].
    """
    count = np.zeros(len(denominators), np.int64)
    for units, digits in shares:
        scale = 10**digits
        # The nearest k, and whether k/n lies within half a unit; integer arithmetic is exact.
        nearest = (2 * units * denominators + scale) // (2 * scale)
        count += 2 * np.abs(nearest * scale - units * denominators) <= denominators
    return count


def expected_by_chance(shares: Sequence[Share], denominators: NDArray[np.int64]) -> float:
    """Return the expected number of n that are consistent with as many random shares.

    A random share with d digits is consistent with n with the probability n / 10 ** d, at most 1. Equal
    shares count once.

    Args:
        shares: reported shares.
        denominators: numbers of images n, int64 [N], at least 1.
    """
    probability = np.ones(len(denominators))
    for _, digits in set(shares):
        probability *= np.minimum(1, denominators / 10**digits)
    return float(probability.sum())
