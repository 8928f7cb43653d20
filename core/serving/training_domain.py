"""What a model was trained on, simulated or real images, and a warning about an image of the other kind.

A model trained on one kind has never seen the other, and its predictions there are not meaningful.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.data.provenance import DataSource


def describe(data: DataSource) -> str:
    """Return what a model was trained on, short enough for a picker: ``BUSI``, or simulated images.

    Args:
        data: training data of the model.
    """
    if data.simulated:
        return "simulated images (teaching model)"
    return " and ".join(short_name(part) for part in data.each())


def short_name(data: DataSource) -> str:
    """Return the name of a data set without the explanation or the commit that follows it."""
    return data.name.split(",")[0].split("@")[0].strip() or data.name.strip() or "data without a name"


def of_kind(offered: Mapping[str, DataSource], *, simulated: bool) -> list[str]:
    """Return the models that were trained on images of this kind, in order.

    Args:
        offered: label of a model → its training data.
        simulated: whether the images are simulated.
    """
    return [label for label, data in offered.items() if data.simulated == simulated]


def warning(data: DataSource, *, simulated: bool) -> str | None:
    """Return a warning about an image outside a model's training domain; None for one within.

    Args:
        data: training data of the model.
        simulated: whether the image is simulated.
    """
    if data.simulated == simulated:
        return None
    seen = "simulated" if data.simulated else "real"
    return f"This model saw only {seen} images; its prediction is not meaningful here."
