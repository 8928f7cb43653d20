"""From the costs of two checkouts to a table of ratios."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WANTED = 0.9
_HEADINGS = ("old", "new", "old/new", "lowest", "highest")


class Row(NamedTuple):
    """Costs of one measurement, and the ratios old/new of its rounds.

    Attributes:
        name: what was measured, with its unit.
        old: median cost of the old checkout.
        new: median cost of the new checkout.
        ratio: median of the paired ratios; above 1, the new checkout costs less.
        lowest: lowest of the paired ratios.
        highest: highest of the paired ratios.
    """

    name: str
    old: float
    new: float
    ratio: float
    lowest: float
    highest: float


class Costs:
    """Costs of both checkouts by row name, and why some rows are not compared."""

    def __init__(self) -> None:
        self._costs: dict[str, tuple[list[float], list[float]]] = {}
        self.not_compared: dict[str, str] = {}

    def add(self, old: Mapping[str, float | None], new: Mapping[str, float | None]) -> None:
        """Add one round.

        Args:
            old: cost, above 0, by row name, of the old checkout; None for what it does not have.
            new: the same of the new checkout.
        """
        for name in new | old:
            before, after = old.get(name), new.get(name)
            if before is None or after is None:
                self.not_compared[name] = f"not in the {'old' if before is None else 'new'} checkout"
            else:
                both = self._costs.setdefault(name, ([], []))
                both[0].append(before)
                both[1].append(after)

    def rows(self) -> list[Row]:
        """Return every row that both checkouts have, in the order of the new one."""
        return [_compare(name, old, new) for name, (old, new) in self._costs.items()]


def _compare(name: str, old: Sequence[float], new: Sequence[float]) -> Row:
    ratios = [before / after for before, after in zip(old, new, strict=True)]
    return Row(name, median(old), median(new), median(ratios), min(ratios), max(ratios))


def table(rows: Sequence[Row]) -> str:
    """Return the rows, at least one, as aligned text, and the median ratio of all rows at the end."""
    width = max(len(row.name) for row in rows)
    lines = [" ".join([" " * width, *(f"{heading:>8}" for heading in _HEADINGS)])]
    for row in rows:
        costs = [f"{_three_digits(cost):>8}" for cost in (row.old, row.new)]
        ratios = [f"{ratio:8.2f}" for ratio in (row.ratio, row.lowest, row.highest)]
        lines.append(" ".join([f"{row.name:<{width}}", *costs, *ratios]))
    overall = median(row.ratio for row in rows)
    lines += ["", f"median of {len(rows)} rows: {overall:.2f} (wanted: at least {WANTED})"]
    return "\n".join(lines)


def _three_digits(cost: float) -> str:
    return f"{cost:.{max(0, 3 - len(str(int(cost)))) if cost >= 1 else 3}f}"
