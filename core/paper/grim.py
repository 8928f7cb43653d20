"""Which numbers of images could have given the shares that a paper reports.

A share of n images is k/n with a whole k. Rounded to few digits, most n give no such share, and several
shares of the same images leave few n, or one. After the GRIM test: N. J. L. Brown and J. A. J. Heathers,
"The GRIM test: a simple technique detects numerous anomalies in the reporting of results in psychology",
Social Psychological and Personality Science 8(4), 2017, 363-369.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_SHARES = 200
MOST_DIGITS = 8
_NUMBER = re.compile(r"(\d*)(?:\.(\d+))?(%?)")


class Share(NamedTuple):
    """A reported share, ``units`` / 10 ** ``digits``, rounded to that many digits."""

    units: int
    digits: int


def read_shares(text: str) -> list[Share]:
    """Read shares as people write them: 0.8975, .8975 or 89.75 %, between them spaces, commas or lines.

    Raises:
        UserError: something in the text is no share from 0 to 1, or there is none, or there are too many.
    """
    words = re.sub(r"\s+%", "%", text).replace(",", " ").replace(";", " ").split()
    if not 0 < len(words) <= MOST_SHARES:
        raise UserError(f"Give between one and {MOST_SHARES} shares, such as 0.8975 or 89.75 %.")
    return [_share(word) for word in words]


def _share(word: str) -> Share:
    match = _NUMBER.fullmatch(word)
    whole, decimals, percent = match.groups(default="") if match else ("", "", "")
    digits = len(decimals) + (2 if percent else 0)
    if not whole + decimals or digits > MOST_DIGITS or int(whole + decimals) > 10**digits:
        raise UserError(f"“{word[:40]}” is no share from 0 to 1; write 0.8975 or 89.75 %.")
    return Share(int(whole + decimals), digits)


def fitting(shares: Sequence[Share], denominators: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count how many of the shares are k/n to all their digits, for each n, int64 [N].

    Both ways of rounding a half are taken for possible.

    Args:
        shares: the reported ones.
        denominators: the n to try, int64 [N], each at least 1.
    """
    count = np.zeros(len(denominators), np.int64)
    for units, digits in shares:
        scale = 10**digits
        # The nearest k, and whether k/n lies within half a unit; in whole numbers, so nothing is lost.
        nearest = (2 * units * denominators + scale) // (2 * scale)
        count += 2 * np.abs(nearest * scale - units * denominators) <= denominators
    return count


def expected_by_chance(shares: Sequence[Share], denominators: NDArray[np.int64]) -> float:
    """Return how many of the n would fit all shares if these were drawn at random.

    A share with d digits fits a given n with the probability n / 10 ** d, at most 1. Equal shares count once.
    """
    chance = np.ones(len(denominators))
    for _, digits in set(shares):
        chance *= np.minimum(1, denominators / 10**digits)
    return float(chance.sum())
