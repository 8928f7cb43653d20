"""Simulated images and real ones: which model knows which, and what to say where model and image differ.

A network that was trained on the one kind has never seen the other, and its answer there means nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.data.provenance import DataSource


def choose_model(kinds: Mapping[str, bool], *, simulated: bool) -> str | None:
    """Return the first model that was trained on images of this kind, else the first, else None.

    Args:
        kinds: label → whether that model was trained on simulated images.
        simulated: the kind of the image that is to be answered.
    """
    fitting = [label for label, kind in kinds.items() if kind == simulated]
    return next(iter([*fitting, *kinds]), None)


def routing_note(kinds: Mapping[str, bool]) -> str | None:
    """Say which model answers which images; None where there are not models of both kinds."""
    if set(kinds.values()) != {True, False}:
        return None
    of_phantoms, of_others = (choose_model(kinds, simulated=kind) for kind in (True, False))
    return f"Simulated images are answered by {of_phantoms}, all others by {of_others}."


def choice_reason(kinds: Mapping[str, bool], name: str, *, simulated: bool) -> str | None:
    """Say why an image is answered by the model that ``suited`` names; None where there was no choice.

    Args:
        kinds: as for ``suited``.
        name: of the image.
        simulated: its kind.
    """
    if set(kinds.values()) != {True, False}:
        return None
    answers, never = (choose_model(kinds, simulated=kind) for kind in (simulated, not simulated))
    if simulated:
        return (
            f"Phantoms are simulated; {never} was trained on real images and has never seen one, so {name} "
            f"is answered by {answers}."
        )
    return (
        f"{name} is taken for a real image, as every upload is; {never} has never seen one, so it is "
        f"answered by {answers}."
    )


def domain_warning(data: DataSource, *, simulated: bool) -> str | None:
    """Say that a model does not know such images; None where it does.

    Args:
        data: what the model was trained on.
        simulated: the kind of the image.
    """
    if data.simulated == simulated:
        return None
    if simulated:
        return (
            "This image is simulated, and this model has only ever seen real ones: its answer means "
            "nothing here."
        )
    return (
        "This image is taken for a real one, as every upload is, and this model has never seen a real "
        "image: its answer then means nothing."
    )


def among_several(data: DataSource, simulated: Sequence[bool]) -> str | None:
    """Say for how many of several images the model's answers mean nothing; None where for none.

    Args:
        data: what the model was trained on.
        simulated: the kind of each image.
    """
    strange = sum(kind != data.simulated for kind in simulated)
    if not strange:
        return None
    kind, known = ("taken for real", "simulated") if data.simulated else ("simulated", "real")
    return (
        f"Of these {len(simulated)} images {strange} {'is' if strange == 1 else 'are'} {kind}; this model "
        f"has only ever seen {known} ones, and its answers for them mean nothing."
    )
