"""The results of the recommended recipe on two hospitals, measured from the tables of its runs.

``python tests/support/two_hospitals.py`` reads the runs in ``runs/`` that docs/RESULTS.md lists, writes
docs/results/two_hospitals.json, and from it the table on the page.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import results_page
from results_page import DOCS, line, metric

from core.evaluation.intervals import effective_size, percentile, proportion, resampled_weights
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import class_indices, probability_matrix
from core.evaluation.ranking import sensitivity_at_specificity
from core.evaluation.results import Interval
from core.evaluation.subsets import renormalised
from core.experiments.cross_validation_report import REPORT, CrossValidation
from core.files import write_report
from core.schema import Strict

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.evaluation.results import Metrics

FILE = "results/two_hospitals.json"
WHAT = "two_hospitals"
TABLE = results_page.pattern(f"{FILE}: {WHAT}")
CLASSES = ("benign", "malignant", "normal")
SENSITIVITY = 0.932  # of BUS-BRA's radiologists, from BI-RADS 4 on
ALL, KEPT = "all", "4 and 5"
KEPT_FOLDS = (4, 5)  # in which nothing was searched
BUSI, BUSBRA = "busi", "busbra"


class Result(Strict):
    """One metric of one run."""

    what: str
    trained_on: str
    folds: str
    images: int
    groups: int
    value: Interval
    wanted: str
    met: bool | None
    reference: str


class Report(Strict):
    """All of them, in the order of the table."""

    results: tuple[Result, ...]


class Images(NamedTuple):
    """Predictions among the classes that the images have."""

    truth: np.ndarray
    probabilities: np.ndarray
    groups: np.ndarray
    class_names: tuple[str, ...]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Images:
        names = tuple(name for name in CLASSES if f"p_{name}" in table)
        truth, kept, present = renormalised(
            class_indices(table["true_class"], names), probability_matrix(table, names)
        )
        return cls(truth, kept, table["group"].to_numpy(), tuple(names[index] for index in present))

    def metrics(self) -> Metrics:
        return evaluate(
            self.truth,
            self.probabilities,
            self.groups,
            class_names=self.class_names,
            positive_class="malignant",
            threshold=None,
            seed=0,
        )


def specificity_at_sensitivity(images: Images) -> Interval:
    """Return the largest specificity at the radiologists' sensitivity; its threshold is optimistic.

    The interval is the wider at each end of a percentile bootstrap over groups and of a proportion's.
    """
    is_malignant = images.truth == images.class_names.index("malignant")
    score = images.probabilities[:, images.class_names.index("malignant")]
    labels = np.unique(images.groups, return_inverse=True)[1]
    # The specificity of one class is the sensitivity of the other, whose score falls where this one rises.
    (value,), _ = sensitivity_at_specificity(~is_malignant, -score, specificity=SENSITIVITY)
    rng = np.random.default_rng(0)
    drawn = [
        sensitivity_at_specificity(~is_malignant, -score, weights, specificity=SENSITIVITY)[0]
        for weights in resampled_weights(images.truth, labels, rng)
    ]
    resampled = percentile(float(value), np.concatenate(drawn))
    fixed = proportion(float(value), effective_size(labels[~is_malignant]))
    return Interval(
        value=float(value), low=min(resampled.low, fixed.low), high=max(resampled.high, fixed.high)
    )


class Wanted(NamedTuple):
    """A target: its metric, the least value, and what others reach."""

    what: str
    measure: Callable[[Images], Interval | None]
    least: float | None
    reference: str


AUC = Wanted("AUC, malignant or benign", lambda images: images.metrics().auc, 0.93, "radiologists 0.889")
ON_BUSBRA = (
    AUC,
    Wanted(
        f"specificity at sensitivity {SENSITIVITY}", specificity_at_sensitivity, 0.78, "radiologists 0.776"
    ),
    Wanted("accuracy", lambda images: images.metrics().accuracy, 0.86, "public ResNet-18 .828 ± .023"),
)
ACCURACY = Wanted("accuracy", lambda images: images.metrics().accuracy, None, "")
ON_BUSI = (
    Wanted("macro F1, three classes", lambda images: images.metrics().macro_f1, 0.88, "`honest` 0.840"),
    Wanted("AUC, three classes", lambda images: images.metrics().auc, 0.96, "`honest` 0.952"),
    ACCURACY._replace(what="accuracy, three classes", reference="`honest` 0.861"),
)


def measure(table: pd.DataFrame, where: str, wanted: Wanted, trained_on: str, folds: str = ALL) -> Result:
    """Measure one metric on the images of a table."""
    images = Images.of(table)
    value = wanted.measure(images)
    assert value is not None
    return Result(
        what=f"{where}: {wanted.what}",
        trained_on=trained_on,
        folds=folds,
        images=len(table),
        groups=int(table["group"].nunique()),
        value=value,
        wanted="" if wanted.least is None else f"≥ {wanted.least:.2f}",
        met=None if wanted.least is None else value.value >= wanted.least,
        reference=wanted.reference,
    )


def calibration(report: CrossValidation) -> list[Result]:
    """Return the calibration error on each hospital that was held out."""
    found = []
    for source in report.held_out.sources if report.held_out else ():
        check = source.among_present or source.as_predicted
        found.append(
            Result(
                what=f"{_shown(source.name)}: calibration error, among the classes present",
                trained_on="the other hospital",
                folds=ALL,
                images=check.images,
                groups=check.groups,
                value=check.calibration_error,
                wanted="≤ 0.08",
                met=check.calibration_error.value <= 0.08,
                reference="an earlier quick run 0.21",
            )
        )
    return found


def collect(runs: Path) -> Report:
    """Measure everything from the tables of the runs in a folder.

    Args:
        runs: folder with the outputs ``full-both``, ``full-busi``, ``full-busbra`` and ``hospitals``.
    """
    both, busi, busbra, elsewhere = (
        pd.read_parquet(runs / name / "out_of_fold.parquet")
        for name in ("full-both", "full-busi", "full-busbra", "hospitals")
    )
    by_source = {name: both[both["source"] == name] for name in (BUSI, BUSBRA)}
    kept = {name: one[one["fold"].isin(KEPT_FOLDS)] for name, one in by_source.items()}
    results = [measure(by_source[BUSBRA], "BUS-BRA", one, "both") for one in ON_BUSBRA]
    results += [measure(kept[BUSBRA], "BUS-BRA", one, "both", KEPT) for one in ON_BUSBRA]
    results += [measure(by_source[BUSI], "BUSI", one, "both") for one in ON_BUSI]
    results += [measure(kept[BUSI], "BUSI", one, "both", KEPT) for one in ON_BUSI]
    results += [measure(busbra, "BUS-BRA", one, "BUS-BRA alone") for one in ON_BUSBRA]
    results += [measure(busi, "BUSI", one, "BUSI alone") for one in ON_BUSI]
    of = {name: elsewhere[elsewhere["source"] == name] for name in (BUSI, BUSBRA)}
    two_classes = ACCURACY._replace(what="accuracy, malignant or benign")
    to_busbra = AUC._replace(least=0.80, reference="public best .776 (.749–.804); `honest` .767")
    results.append(measure(of[BUSBRA], "BUS-BRA, all images", to_busbra, "BUSI alone"))
    results.append(measure(of[BUSBRA], "BUS-BRA, all images", two_classes, "BUSI alone"))
    results.append(
        measure(of[BUSI], "BUSI, all lesions", AUC._replace(least=None, reference="–"), "BUS-BRA alone")
    )
    held_out = CrossValidation.model_validate_json((runs / "hospitals" / REPORT).read_bytes())
    return Report(results=(*results, *calibration(held_out)))


def _shown(name: str) -> str:
    return {BUSI: "BUSI", BUSBRA: "BUS-BRA"}.get(name, name)


def lines() -> str:
    """Return the rows of the table in Markdown: of all folds, and beside it of those kept for the end."""
    report = Report.model_validate_json((DOCS / FILE).read_bytes())
    of_kept = {(one.what, one.trained_on): one for one in report.results if one.folds != ALL}
    rows = []
    for one in report.results:
        if one.folds != ALL:
            continue
        met = "" if one.met is None else "met" if one.met else "**not met**"
        kept = of_kept.get((one.what, one.trained_on))
        cells = (
            one.what,
            one.trained_on,
            f"{one.images:,}",
            one.wanted or "reported",
            metric(one.value),
            met,
        )
        rows.append((*cells, metric(kept.value) if kept else "", one.reference))
    return "".join(map(line, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="?", type=Path, default=Path("runs"))
    report = collect(parser.parse_args().runs)
    write_report(DOCS / FILE, report)
    results_page.write(TABLE, lambda _: lines())


if __name__ == "__main__":
    main()
