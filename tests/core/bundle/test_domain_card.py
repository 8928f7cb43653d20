"""The card's section on images outside the training domain."""

import numpy as np

from core.bundle.domain_card import render
from core.evaluation.domain_comparison import ScoredImages, ScoredNetwork, compare
from core.evaluation.domain_results import DomainComparison, FlagRate
from core.evaluation.results import Interval

OWN = FlagRate(images=77, rate=Interval(value=0.03, low=0.01, high=0.09))


def comparison(
    shift: float,
    name: str = "GE Logiq 5",
    kind: str = "photographs",
    packages: tuple[str, ...] = ("pydicom-data",),
) -> DomainComparison:
    """One network, whose held-out source is shifted."""
    rng = np.random.default_rng(0)

    def images(mean: float, kinds: str) -> ScoredImages:
        wrong = rng.random(2000) < 0.25
        scores = {
            "mahalanobis": rng.normal(mean, 1, 2000) + wrong,
            "max_probability": rng.normal(mean, 1, 2000) + 2 * wrong,
        }
        return ScoredImages(scores, np.arange(2000), np.arange(2000) % 2 == 1, wrong, np.full(2000, kinds))

    networks = [ScoredNetwork(name, images(0, ""), images(shift, ""), images(8, kind))]
    return compare(networks, packages)


def test_the_section_has_all_rates_with_intervals_and_the_risk_by_coverage() -> None:
    found = comparison(0)
    text, best = render(found, OWN), found.best
    for rate in (best.home, best.networks[0].elsewhere, best.outside, best.outside_by_kind["photographs"]):
        assert f"| {rate.images} | {rate.rate.in_words('.1%')} |" in text
    for kept in best.networks[0].risk_coverage.error_rates:
        assert f"Errors, {kept.coverage:.0%} kept" in text
        assert kept.error_rate.in_words(".0%") in text
    assert found.scores[1].networks[0].error_auroc.in_words(".2f") in text
    assert "Not reached" not in text
    assert "pydicom-data, which was not installed" in text
    assert "Other images of the same sources, and other images outside the domain, chose" in text
    assert "scikit-image and pydicom, which were not" in render(
        comparison(0, packages=("scikit-image", "pydicom")), None
    )


def test_what_falls_short_is_said() -> None:
    assert "**Not reached.** Of the held-out source GE Logiq 5" in render(comparison(4), None)


def test_names_from_a_stranger_cannot_change_the_card() -> None:
    hostile = "a|b](http://x) <b>"
    text = render(comparison(4, hostile, hostile, (hostile,)), None)
    assert "<b>" not in text
    assert "b](" not in text


def test_the_models_own_test_images_are_the_first_row_and_may_fall_short() -> None:
    found = comparison(0)
    text = render(found, OWN)
    assert "| Home, this model's test images | 77 | 3.0% (1.0% to 9.0%) | at most 5% |" in text
    assert "Apart from the first row" in text
    assert "this model's test images" not in render(found, None)
    more = OWN.model_copy(update={"rate": Interval(value=0.08, low=0.04, high=0.15)})
    assert "**Not reached.** Of this model's test images 8.0% are flagged" in render(found, more)
