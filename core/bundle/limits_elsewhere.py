"""How a model's limits held on sources that it was not made with, for its card and for the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.card_tables import metric, table
from core.evaluation.subsets import AMONG_PRESENT, AS_PREDICTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.bundle.manifest import Manifest
    from core.evaluation.limits import HeldOutSource, LimitCheck

AT_HOME_ONLY = (
    "Measured at home only: its calibration and its prediction sets were never tried on images of another "
    "hospital or machine."
)
OTHER_NETWORKS = (
    "The measured networks are not this one: each has the same recipe, and saw no image of the source that "
    "it was tested on."
)


def worst_source(manifest: Manifest) -> HeldOutSource | None:
    """Return the held-out source with the smallest coverage, or None where none was measured."""
    worst = [run.limits.worst for run in manifest.held_out]
    return min(worst, key=lambda source: source.among_its_classes.coverage.value, default=None)


def never_measured(manifest: Manifest) -> tuple[str, ...]:
    """Return the classes of which no held-out source has images; none where no source was held out."""
    if not manifest.held_out:
        return ()
    measured = {name for run in manifest.held_out for name in run.limits.limits.conformal_thresholds}
    return tuple(name for name in manifest.class_names if name not in measured)


def describe(manifest: Manifest, escape: Callable[[str], str]) -> list[str]:
    """Return how the limits held elsewhere, in sentences.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for the place where it is shown.
    """
    worst = worst_source(manifest)
    if worst is None:
        return [AT_HOME_ONLY]
    count = sum(len(run.limits.sources) for run in manifest.held_out)
    coverage = worst.among_its_classes.coverage
    held = (
        f"On {_name(worst, escape)}, the worst of {count} held-out sources, the true class was possible for "
        f"{coverage.in_words('.0%')} of the images; the aim is 90 %."
    )
    lacking = (
        [f"{', '.join(map(escape, names))}: never measured elsewhere."]
        if (names := never_measured(manifest))
        else []
    )
    return [held, *lacking, OTHER_NETWORKS]


def describe_calibration(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return the largest calibration error on a held-out source, in a sentence.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for the place where it is shown.
    """
    sources = [source for run in manifest.held_out for source in run.limits.sources]
    if not sources:
        return "Measured at home only: on images of another hospital or machine it may be larger."
    worst = max(sources, key=lambda source: source.as_predicted.calibration_error.value)
    error = worst.as_predicted.calibration_error
    return f"On {_name(worst, escape)}, the worst of {len(sources)} held-out sources: {error.in_words()}."


def section(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return the section of the model card, as Markdown.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for Markdown.
    """
    said = " ".join(describe(manifest, escape))
    parts = [f"## How far calibration and prediction sets hold\n\n{said}"]
    if manifest.at_home is not None:
        rows = [_row("home, the test set", "", manifest.at_home, manifest.class_names)]
        parts.append(_table(rows, manifest.class_names, escape))
    for run in manifest.held_out:
        rows = []
        for source in run.limits.sources:
            name = _name(source, escape)
            both = source.among_present is not None
            rows.append(_row(name, AS_PREDICTED if both else "", source.as_predicted, manifest.class_names))
            if source.among_present is not None:
                rows.append(_row("", AMONG_PRESENT, source.among_present, manifest.class_names))
        parts.append(
            f"Held out by {escape(run.hold_out)}, with limits from the other sources only:\n\n"
            f"{_table(rows, manifest.class_names, escape)}"
        )
    if manifest.held_out:
        parts.append(f"The model's own limits: {escape(manifest.held_out[0].limits.rule)}.")
    return "\n\n".join(parts)


def _name(source: HeldOutSource, escape: Callable[[str], str]) -> str:
    return " and ".join(map(escape, source.joined or (source.name,)))


def _table(rows: list[list[str]], class_names: tuple[str, ...], escape: Callable[[str], str]) -> str:
    by_class = [f"Coverage of {escape(name)}" for name in class_names]
    header = ["Images of", "", "Images", "Groups", "Coverage", *by_class, "Classes in a set"]
    return table([*header, "Calibration error"], rows)


def _row(name: str, how: str, check: LimitCheck, class_names: tuple[str, ...]) -> list[str]:
    by_class = (check.coverage_by_class.get(name) for name in class_names)
    return [
        name,
        how,
        f"{check.images:,}",
        f"{check.groups:,}",
        metric(check.coverage),
        *("–" if share is None else metric(share) for share in by_class),
        f"{metric(check.set_size, 2)} of {len(check.classes)}",
        metric(check.calibration_error),
    ]
