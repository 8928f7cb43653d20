"""How a model's limits held on sources that it was not made with, for its card and for the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.card_tables import metric, table
from core.data.written_names import first_few
from core.evaluation.results import AMONG_PRESENT, AS_PREDICTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.bundle.held_out_run import HeldOutFold
    from core.bundle.manifest import Manifest
    from core.evaluation.limits import HeldOutSource, LimitCheck
    from core.evaluation.results import OperatingPoint

_SHOWN = 5  # values that one name lists
AT_HOME_ONLY = (
    "Measured at home only, on images from the sources that it was trained on: its calibration and its "
    "prediction sets were never tried on images of another hospital or machine."
)
OTHER_NETWORKS = (
    "The measured networks are not this one: each has the same recipe, and saw no image of the source that "
    "it was tested on."
)


def describe_fold(manifest: Manifest, escape: Callable[[str], str]) -> str | None:
    """Return what the test set is to a network of a held-out run, in a sentence; None for another network.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for the place where it is shown.
    """
    if manifest.held_out_fold is None:
        return None
    name = _name(manifest.held_out_fold, escape)
    return (
        f"This network was trained without {name} and tested on {name} alone, of which it has seen no image. "
        "Its temperature and thresholds come from the sources that it was trained on."
    )


def worst_source(manifest: Manifest) -> HeldOutSource | None:
    """Return the held-out source with the smallest coverage, or None where none was measured."""
    worst = [run.limits.worst for run in manifest.held_out]
    return min(worst, key=lambda source: source.as_predicted.coverage.value, default=None)


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
    if fold := describe_fold(manifest, escape):
        return [fold]
    worst = worst_source(manifest)
    if worst is None:
        return [AT_HOME_ONLY]
    coverage = worst.as_predicted.coverage
    held = (
        f"On {name_worst(manifest, escape)}, prediction sets that were made in the same way had the true "
        f"class of {coverage.in_words('.0%')} of the images; the aim is 90 %."
    )
    lacking = (
        [f"{', '.join(map(escape, names))}: never measured elsewhere."]
        if (names := never_measured(manifest))
        else []
    )
    return [held, *lacking, OTHER_NETWORKS]


def in_short(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return what prediction sets are worth on images from elsewhere, in a sentence of one line.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for the place where it is shown.
    """
    if manifest.held_out_fold is not None:
        return f"Trained without {escape(manifest.held_out_fold.name)}, and measured on it alone."
    worst = worst_source(manifest)
    if worst is None:
        return "Measured at home only, never on images from elsewhere."
    return (
        f"On {name_worst(manifest, escape)}, sets made in this way had the true class of "
        f"{worst.as_predicted.coverage.value:.0%} of the images."
    )


def explain_possible(manifest: Manifest) -> str:
    """Return what it means that a class is possible, in sentences."""
    runs = manifest.held_out
    elsewhere = runs and runs[0].limits.limits.conformal_thresholds
    chosen_on = "of the held-out sources" if elsewhere else "of the validation set"
    return (
        "Classes at or above the dashed line are possible (conformal prediction). It is set so that, on "
        f"average, 90 % of images like those {chosen_on} have their true class among the possible ones. This "
        "does not hold for a single image."
    )


def describe_calibration(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return the largest calibration error on a held-out source, in a sentence.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for the place where it is shown.
    """
    if manifest.held_out_fold:
        return f"Measured on {_name(manifest.held_out_fold, escape)}, of which the network has seen no image."
    sources = [source for run in manifest.held_out for source in run.limits.sources]
    if not sources:
        return "Measured at home only: on images of another hospital or machine it may be larger."
    worst = max(sources, key=lambda source: source.as_predicted.excess_error)
    found = worst.as_predicted
    return (
        f"On {_name(worst, escape)}, the worst of {_count(manifest)} held-out sources: "
        f"{found.calibration_error.in_words()}; a perfectly calibrated model would show "
        f"{found.perfect_error:.3f}."
    )


def section(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return the section of the model card, as Markdown.

    Args:
        manifest: manifest of the bundle.
        escape: function that escapes a name for Markdown.
    """
    said = " ".join(describe(manifest, escape))
    names, parts = manifest.class_names, [f"## How far calibration and prediction sets hold\n\n{said}"]
    if manifest.at_home is not None:
        fold = manifest.held_out_fold
        home = "home, the test set" if fold is None else f"{_name(fold, escape)}, held out"
        row = _row(home, "", manifest.at_home, names, manifest.metrics.operating_point)
        parts.append(_table([row], names, escape))
    for run in manifest.held_out:
        rows = []
        for source in run.limits.sources:
            how = "" if source.among_present is None else AS_PREDICTED
            name = _name(source, escape)
            rows.append(_row(name, how, source.as_predicted, names, source.operating_point))
            if source.among_present is not None:
                rows.append(_row("", AMONG_PRESENT, source.among_present, names, None))
        parts.append(
            f"Held out by {escape(run.hold_out)}, with limits that images of the other sources chose; "
            "sensitivity and specificity are those at the operating threshold among them:\n\n"
            f"{_table(rows, names, escape)}"
        )
    if manifest.held_out:
        parts.append(f"The model's own limits: {escape(manifest.held_out[0].limits.rule)}.")
    return "\n\n".join(parts)


def name_worst(manifest: Manifest, escape: Callable[[str], str]) -> str:
    """Return the name of ``worst_source``, and of how many it is the worst."""
    worst = worst_source(manifest)
    if worst is None:
        raise ValueError("no source was held out")
    return f"{_name(worst, escape)}, the worst of {_count(manifest)} held-out sources"


def _count(manifest: Manifest) -> int:
    """Return the number of sources; one of several runs was measured with each run's networks."""
    return sum(len(run.limits.sources) for run in manifest.held_out)


def _name(source: HeldOutSource | HeldOutFold, escape: Callable[[str], str]) -> str:
    names = [escape(name) for name in source.joined or (source.name,)]
    return " and ".join(first_few(names, _SHOWN))


def _table(rows: list[list[str]], class_names: tuple[str, ...], escape: Callable[[str], str]) -> str:
    by_class = [f"Coverage of {escape(name)}" for name in class_names]
    header = ["Images of", "", "Images", "Groups", "Coverage", *by_class, "Classes in a set"]
    return table([*header, "Calibration error", "If perfect", "Sensitivity", "Specificity"], rows)


def _row(
    what: str, how: str, check: LimitCheck, class_names: tuple[str, ...], point: OperatingPoint | None
) -> list[str]:
    by_class = (check.coverage_by_class.get(name) for name in class_names)
    at_threshold = (point.sensitivity, point.specificity) if point else (None, None)
    return [
        what,
        how,
        f"{check.images:,}",
        f"{check.groups:,}",
        metric(check.coverage),
        *("–" if share is None else metric(share) for share in by_class),
        f"{metric(check.set_size, 2)} of {len(check.classes)}",
        metric(check.calibration_error),
        f"{check.perfect_error:.3f}",
        *("–" if share is None else metric(share) for share in at_threshold),
    ]
