"""The model card's section on images outside the training domain: what is flagged, and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.bundle.card_tables import table
from core.escape import markdown
from core.evaluation.domain_results import (
    COMBINATION,
    COVERAGES,
    LEAST_OUTSIDE,
    LEVEL,
    MOST_AT_HOME,
    MOST_ELSEWHERE,
    REFERENCE,
    ScoreName,
    shortfalls,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.evaluation.domain_results import DomainComparison, FlagRate, ScoreResult

TITLE = "Outside the training domain"
SCORE_NAMES: dict[ScoreName, str] = {
    "nearest": "cosine distance to the nearest training image",
    "mahalanobis": "Mahalanobis distance to the training images",
    "statistics": "distance to the training images' grey values, colours and texture",
    COMBINATION: "cosine distance to the nearest training image, or its distance to the training images' "
    "grey values, colours and texture",
    "energy": "energy of the logits",
    "flips": "disagreement with the mirror image",
    REFERENCE: "1 minus the highest probability",
}
"""Names of scores to show."""


def score_title(score: ScoreName) -> str:
    """Return the name of a score as the beginning of a sentence."""
    name = SCORE_NAMES[score]
    return name[0].upper() + name[1:]


def render(comparison: DomainComparison, own: FlagRate | None) -> str:
    """Return the section as Markdown, its heading included.

    Args:
        comparison: the scores on the networks of a held-out run with the recipe and the data of the model.
        own: flags of the model's own test images; None in earlier bundles.
    """
    best = comparison.best
    how = (
        f"An image is flagged as out of distribution by its {SCORE_NAMES[best.score]}, above {best.factor:g} "
        f"times what {LEVEL:.0%} of the validation images do not exceed. "
        f"{'Apart from the first row, the' if own else 'The'} rates below were measured on networks of this "
        "recipe that were each trained without one source, not on this network. Other images of the same "
        "sources, and other images outside the domain, chose score and threshold."
    )
    outside = (
        f"The images outside the domain are {comparison.outside_images} that show no breast ultrasound, or "
        f"one within a viewer's frame; about half of them were kept for "
        f"measuring, by each of the {len(best.networks)} networks.{_missing(comparison.missing_packages)}"
    )
    worth = (
        "How well the score tells which predictions on a held-out source are wrong: AUROC 0.5 is no better "
        "than chance. Error rate among the images with the lowest scores, as shares of the source's images:"
    )
    parts = [f"## {TITLE}", how, _flag_rates(best, own), outside, worth, _risks(best, comparison.reference)]
    if said := shortfalls(best, own):
        parts.insert(3, f"**Not reached.** {' '.join(map(markdown, said))}")
    return "\n\n".join(parts)


def _missing(packages: Sequence[str]) -> str:
    if not packages:
        return ""
    were = "was" if len(packages) == 1 else "were"
    return f" They lack those of {' and '.join(map(markdown, packages))}, which {were} not installed."


def _flag_rates(result: ScoreResult, own: FlagRate | None) -> str:
    at_home = f"at most {MOST_AT_HOME:.0%}"
    rows = [
        *([_row("Home, this model's test images", own, at_home)] if own else []),
        _row("Home: sources the networks were trained on", result.home, at_home),
        *(
            _row(f"Held out: {markdown(each.held_out)}", each.elsewhere, f"at most {MOST_ELSEWHERE:.0%}")
            for each in result.networks
        ),
        _row("Outside the domain", result.outside, f"at least {LEAST_OUTSIDE:.0%}"),
        *(_row(f"… {markdown(kind)}", rate, "") for kind, rate in result.outside_by_kind.items()),
    ]
    return table(["Images", "Number", "Flagged", "Wanted"], rows)


def _row(name: str, flagged: FlagRate, wanted: str) -> list[str]:
    return [name, str(flagged.images), flagged.rate.in_words(".1%"), wanted]


def _risks(result: ScoreResult, reference: ScoreResult) -> str:
    rows = [
        [
            markdown(network.held_out),
            network.error_auroc.in_words(".2f") if network.error_auroc else "not defined",
            other.error_auroc.in_words(".2f") if other.error_auroc else "not defined",
            *(rate.error_rate.in_words(".0%") for rate in network.risk_coverage.error_rates),
        ]
        for network, other in zip(result.networks, reference.networks, strict=True)
    ]
    shares = [f"Errors, {coverage:.0%} kept" for coverage in COVERAGES]
    return table(["Held out", "AUROC", f"AUROC of {SCORE_NAMES[REFERENCE]}", *shares], rows)
