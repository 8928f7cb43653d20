"""A comparison of domain scores from a stranger's manifest is refused where it does not hold together."""

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import UserError
from core.evaluation.domain_results import COVERAGES, MAX_NETWORKS, REFERENCE, DomainComparison
from core.schema import parse

RATE = {"images": 10, "rate": {"value": 0.1, "low": 0.0, "high": 0.3}}
ERRORS = [{"coverage": share, "images": 5, "error_rate": RATE["rate"]} for share in COVERAGES]
Fields = dict[str, Any]


def network(name: str) -> Fields:
    return {
        "held_out": name,
        **dict.fromkeys(("home", "elsewhere", "outside"), RATE),
        "error_auroc": None,
        "risk_coverage": {"area": 0.1, "error_rates": ERRORS},
    }


def result(score: str, *held_out: str) -> Fields:
    return {
        "score": score,
        "factor": 1.5,
        "choosing_auroc": 0.6,
        "choosing_margin": 0.1,
        "networks": list(map(network, held_out or ("GE", "Toshiba"))),
        "home": RATE,
        "outside": RATE,
        "outside_by_kind": {"patterns": RATE},
    }


def fields() -> Fields:
    return {
        "chosen": "mahalanobis",
        "scores": [result("nearest"), result("mahalanobis"), result(REFERENCE)],
        "outside_images": 300,
        "missing_packages": ["pydicom-data"],
    }


def test_a_consistent_comparison_is_read_and_names_its_best_and_its_reference() -> None:
    found = parse(DomainComparison, fields(), what="it")
    assert (found.best.score, found.reference.score) == ("mahalanobis", REFERENCE)
    assert found.best.held_out == ("GE", "Toshiba")


def _set(**changes: Any) -> Callable[[Fields], None]:
    return lambda stored: stored.update(changes)


def _in_result(**changes: Any) -> Callable[[Fields], None]:
    return lambda stored: stored["scores"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set(scores=[]), "lacks the score 'mahalanobis'"),
        (_set(scores=[result("nearest"), result(REFERENCE)]), "lacks the score 'mahalanobis'"),
        (_set(scores=[result("mahalanobis")]), f"lacks the score '{REFERENCE}'"),
        (_set(scores=[result("mahalanobis"), result(REFERENCE)] * 2), "named twice"),
        (_set(chosen="x"), "chosen"),
        (_set(chosen="energy"), "chosen"),
        (_in_result(score="x"), "score"),
        (_in_result(networks=[]), "networks"),
        (_in_result(networks=[network("GE")]), "not of the same held-out sources"),
        (_in_result(networks=[network("GE"), network("x")]), "not of the same held-out sources"),
        (_in_result(networks=[network("GE")] * (MAX_NETWORKS + 1)), "networks"),
        (_in_result(networks=[network("x" * 201)]), "held_out"),
        (_in_result(outside_by_kind={"x" * 201: RATE}), "outside_by_kind"),
        (_in_result(outside_by_kind={f"{n}": RATE for n in range(21)}), "outside_by_kind"),
        (_set(missing_packages=["x"] * 21), "missing_packages"),
        (_set(missing_packages=["x" * 201]), "missing_packages"),
        (_set(outside_images=10**12), "outside_images"),
    ],
)
def test_what_the_card_could_not_show_is_refused(change: Callable[[Fields], None], said: str) -> None:
    stored = fields()
    change(stored)
    with pytest.raises(UserError, match=said):
        parse(DomainComparison, stored, what="it")


@pytest.mark.parametrize("errors", [[], ERRORS[:-1], ERRORS[::-1]])
def test_error_rates_at_other_coverages_than_the_tables_are_refused(errors: list[Fields]) -> None:
    stored = fields()
    stored["scores"][1]["networks"][0]["risk_coverage"]["error_rates"] = errors
    with pytest.raises(UserError, match="not those at the coverages"):
        parse(DomainComparison, stored, what="it")
