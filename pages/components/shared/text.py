"""Numbers and names as text for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import escape
from core.figures import captions
from core.inference.overlay import peak

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.augmentation.draw import Draw
    from core.evaluation.results import Interval

# Names of files and classes come from strangers.
escape_markdown = escape.markdown
shorten = escape.shorten
join = captions.join
format_percent = captions.percent
format_probabilities = captions.probabilities


def format_metric(metric: Interval | None) -> str:
    """Write a metric to three digits, with its 95 % confidence interval."""
    return "does not apply" if metric is None else metric.in_words()


def describe_peak(saliency: NDArray[np.float32], class_name: str) -> str:
    """Name the strongest cell of a class's saliency, [h, w]."""
    rows, columns = saliency.shape
    strongest = peak(saliency)
    if strongest is None:
        return f"No cell raised the score of {escape_markdown(class_name)}."
    return (
        f"The strongest cell for {escape_markdown(class_name)} is in row {strongest.row} of {rows}, column "
        f"{strongest.column} of {columns}: {strongest.share:.0%} of the total."
    )


def describe_draw(draw: Draw) -> str:
    """Write the random changes of one draw, without those that change nothing."""
    parts = []
    if draw.theta:
        parts.append(f"rotation {draw.theta:+.1f}°")
    if draw.shear:
        parts.append(f"shear {draw.shear:+.2f}°")
    if (draw.zx, draw.zy) != (1, 1):
        parts.append(f"zoom x {draw.zx:.2f}, y {draw.zy:.2f}")
    if draw.tx or draw.ty:
        parts.append(f"shift x {draw.tx:+.1f} px, y {draw.ty:+.1f} px")
    if draw.flip_horizontal:
        parts.append("mirrored")
    for name in ("brightness", "contrast", "gamma"):
        value = getattr(draw, name)
        if value != draw._field_defaults[name]:
            parts.append(f"{name} {value:.2f}")
    return " · ".join(parts) or "unchanged"
