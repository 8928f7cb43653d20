"""The choice of a model for simulated or real images, and warnings outside a model's training domain.

A model trained on one kind has never seen the other, and its predictions there are not meaningful.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.data.provenance import DataSource


def choose_model(trained_on_simulated: Mapping[str, bool], *, simulated: bool) -> str | None:
    """Return the first model trained on images of this kind, else the first model, else None.

    Args:
        trained_on_simulated: label of a model → whether it was trained on simulated images.
        simulated: whether the image to be classified is simulated.
    """
    fitting = [label for label, kind in trained_on_simulated.items() if kind == simulated]
    return next(iter([*fitting, *trained_on_simulated]), None)


def routing_note(trained_on_simulated: Mapping[str, bool]) -> str | None:
    """Return a sentence on which model classifies which images; None without models of both kinds."""
    if set(trained_on_simulated.values()) != {True, False}:
        return None
    simulated, real = (choose_model(trained_on_simulated, simulated=kind) for kind in (True, False))
    return f"Simulated images are classified by {simulated}, uploaded ones by {real}."


def choice_reason(trained_on_simulated: Mapping[str, bool], name: str, *, simulated: bool) -> str | None:
    """Return a sentence on why ``choose_model`` took its model; None where there was no choice.

    Args:
        trained_on_simulated: label of a model → whether it was trained on simulated images.
        name: name of the image.
        simulated: whether the image is simulated.
    """
    if set(trained_on_simulated.values()) != {True, False}:
        return None
    label = choose_model(trained_on_simulated, simulated=simulated)
    seen = "simulated images" if simulated else "real images (every upload is treated as real)"
    return f"{name} is classified by {label}, which was trained on {seen}."


def domain_warning(data: DataSource, *, simulated: bool) -> str | None:
    """Return a warning about an image outside a model's training domain; None for one within.

    Args:
        data: training data of the model.
        simulated: whether the image is simulated.
    """
    if data.simulated == simulated:
        return None
    seen = "simulated" if data.simulated else "real"
    uploads = "" if simulated else " Uploads are treated as real images."
    return f"This model saw only {seen} images; its prediction is not meaningful here.{uploads}"


def domain_warning_for_several(data: DataSource, simulated: Sequence[bool]) -> str | None:
    """Return a warning that counts the images outside a model's training domain; None if all are within.

    Args:
        data: training data of the model.
        simulated: whether each image is simulated.
    """
    outside = sum(kind != data.simulated for kind in simulated)
    if not outside:
        return None
    seen = "simulated" if data.simulated else "real"
    return (
        f"{outside} of these {len(simulated)} images {'is' if outside == 1 else 'are'} outside the training "
        f"domain: this model saw only {seen} images."
    )
