"""What docs/RESULTS.md and docs/results/history.md say is what the commands measured."""

import json
import re
from pathlib import Path
from typing import Any

import frame_crops
import held_out_tables
import near_duplicate_tables
import pytest
import search_tables
import two_hospitals
from paths import ROOT
from results_page import line

from core.augmentation.ranges import REMOVED_RANGES
from core.errors import UserError
from core.evaluation.protocol_comparison import KIND_NAMES, ProtocolComparison
from core.experiments.cross_validation_report import CrossValidation
from core.experiments.duplicates_report import DuplicatesReport
from core.experiments.run_difference import RunComparison
from core.experiments.search_report import SearchReport
from core.inference.evaluate import EvaluationReport
from core.paper import measured
from core.recipe import REMOVED_FIELDS, Recipe
from core.schema import Strict

DOCS = ROOT / "docs"
PAGES = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("RESULTS.md", "results/history.md"))
TABLES = re.findall(
    r"<!-- (results/\S+\.json(?: results/\S+\.json)*): (\S+) -->\n\|.*\n\|.*\n((?:\|.*\n)+)", PAGES
)


def shown(figure: dict[str, float], *, points: bool = False) -> str:
    value = figure.get("value", figure.get("mean", 0))
    if points:
        return f"{100 * value:+.1f} ({100 * figure['low']:+.1f} to {100 * figure['high']:+.1f})"
    return f"{value:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def of_positive_class(figures: dict[str, Any], name: str) -> str:
    if name in figures["against_rest"]:
        return shown(figures["against_rest"][name])
    if name == "sensitivity at specificity 0.90":
        return shown(figures["at_specificity"]["sensitivity"])
    return shown(figures["against"][name.removeprefix("auc against ")]["auc"])


def pooled(report: dict[str, Any], name: str) -> str:
    figures = report["pooled"]
    if name == "expected_calibration_error":
        error = figures[name]
        return f"{error['value']:.3f} (perfect: up to {error['perfect_90th_percentile']:.3f})"
    kind, _, of_class = name.partition(" for ")
    return shown(figures["per_class"][of_class][kind] if of_class else figures[name])


def searched(report: dict[str, Any], name: str) -> list[str]:
    configuration = report["configurations"].get(name, {"figures": report["ensemble"], "difference": None})
    cells = [f"{configuration['figures'][figure]['value']:.3f}" for figure in ("macro_f1", "auc", "log_loss")]
    gap = configuration["difference"] and configuration["difference"]["macro_f1"]
    return [*cells, f"{gap['value']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})" if gap else ""]


def expected(reports: list[dict[str, Any]], what: str, name: str) -> list[str]:
    """The cells of one row: of bundles, runs, a search, the protocols, or of the paper's test set."""
    if what in ("pooled", "metrics"):
        return [pooled(report, name) if what == "pooled" else shown(report[what][name]) for report in reports]
    if what in ("positive", "breastmnist"):
        cells = [of_positive_class(report["positive"], name) for report in reports]
        # AlexNet at 128 pixels (Doerrich et al. 2025, doi 10.1038/s41598-025-92156-9).
        others = {"accuracy": 0.906, "auc": 0.940}
        return [*cells, f"{others[name]:.3f}" if name in others else ""] if what == "breastmnist" else cells
    (report,) = reports
    if what == "search":
        return searched(report, name)
    if what == "runs":
        runs = [shown(run["figures"][name]) for run in report["runs"].values()]
        return runs + [shown(pair["figures"][name], points=True) for pair in report["differences"]]
    # Earlier versions wrote other names.
    comparison = ProtocolComparison.model_validate_json(json.dumps(report))
    if what == "protocols":
        measured_under = [comparison.protocols[key].metrics[name] for key in ("paper", "naive", "clean")]
        return [
            *(shown(metric.model_dump()) for metric in measured_under if metric),
            *(shown(pair.metrics[name].model_dump(), points=True) for pair in comparison.differences),
        ]
    kind = next(kind for kind, words in KIND_NAMES.items() if words == name)
    part = comparison.paper_test_set[kind]
    accuracy = part.metrics["accuracy"]
    return [f"{part.files:.1f}", shown(accuracy.model_dump()) if accuracy else ""]


@pytest.mark.parametrize(
    ("files", "what", "rows"), TABLES, ids=[f"{files}: {what}" for files, what, _ in TABLES]
)
def test_the_page_agrees_with_the_json(files: str, what: str, rows: str) -> None:
    reports = [json.loads((DOCS / file).read_text()) for file in files.split()]
    if what in held_out_tables.TABLES:
        assert rows == held_out_tables.lines(what, files)
        return
    if what == two_hospitals.WHAT:
        assert rows == two_hospitals.lines()
        return
    if what == frame_crops.WHAT:
        assert rows == frame_crops.lines()
        return
    if what in search_tables.TABLES:
        assert rows == search_tables.lines(what, files)
        return
    if what in near_duplicate_tables.TABLES:
        made = near_duplicate_tables.TABLES[what](*reports)
        assert rows == "".join(map(line, made))
        return
    for row in rows.splitlines():
        name, *cells = (cell.strip() for cell in row.strip("|").split("|"))
        assert cells == expected(reports, what, name)


METRIC = re.compile(r"\d\.\d{3} \(\d\.\d{3}–\d\.\d{3}\)")


def test_the_readme_and_the_page_say_what_the_page_and_the_card_have() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert METRIC.findall(readme)
    assert [each for each in METRIC.findall(readme) if each not in PAGES] == []
    card = (ROOT / "models" / "busi-busbra" / "README.md").read_text(encoding="utf-8")
    section = PAGES.partition("\n## The model that comes with the app\n")[2].partition("\n## ")[0]
    assert METRIC.findall(section)
    assert [each for each in METRIC.findall(section) if each not in card] == []


def test_calibration_with_the_networks_own_temperature_is_what_the_run_measured() -> None:
    report = CrossValidation.model_validate_json((DOCS / "results" / "held_out_hospitals.json").read_bytes())
    errors = {
        one.value: (one.among_present or one.as_predicted).expected_calibration_error
        for one in report.subsets
        if one.column == "source"
    }
    busbra, busi = (f"{error.value:.2f}" for name in ("busbra", "busi") if (error := errors[name]))
    said = f"with the network's own temperature {busbra} on BUS-BRA and {busi} on BUSI"
    assert said in " ".join(PAGES.split())


def test_every_result_is_on_the_page() -> None:
    for file in (DOCS / "results").glob("*.json"):
        assert f"results/{file.name}" in PAGES or f"({file.name})" in PAGES
    assert TABLES


@pytest.mark.parametrize("size", measured.IMAGE_SIZES)
def test_the_app_reads_what_the_commands_wrote(size) -> None:
    found = measured.read_comparison(size)
    written = json.loads((DOCS / "results" / f"protocols_busi_xception_{size}.json").read_text())
    clean = written["protocols"]["clean"]
    accuracy = clean.get("metrics", clean.get("figures"))["accuracy"]
    assert found.protocols["clean"].metrics["accuracy"].mean == accuracy["mean"]
    assert found.paper_test_set["masks of normal images"].metrics["sensitivity"] is None


def of_class(report: dict[str, Any]) -> type[Strict]:
    """The class of a report by the keys that no other has."""
    classes: dict[str, type[Strict]] = {
        "protocols": ProtocolComparison,
        "per_fold": CrossValidation,
        "ensemble": SearchReport,
        "runs": RunComparison,
        "bundle": EvaluationReport,
        "families": DuplicatesReport,
        "augmentation": Recipe,
        "results": two_hospitals.Report,
        "framed": frame_crops.Report,
    }
    (name,) = classes.keys() & report.keys()
    return classes[name]


def as_read(content: Any) -> Any:
    """What a report of an earlier version says today: recipes lack what no longer exists."""
    removed = {*REMOVED_FIELDS, *REMOVED_RANGES}
    if isinstance(content, dict):
        content = {name: as_read(value) for name, value in content.items() if name not in removed}
        if content.get("name") == "recommended":
            content["name"] = "honest"
        return content
    return [as_read(value) for value in content] if isinstance(content, list) else content


def kept(before: Any, after: Any) -> bool:
    """Whether all of a JSON value is in another, which may have fields that later versions added."""
    if isinstance(before, dict):
        return all(key in after and kept(value, after[key]) for key, value in before.items())
    if isinstance(before, list):
        return len(before) == len(after) and all(map(kept, before, after))
    return before == after


@pytest.mark.parametrize("path", sorted((DOCS / "results").glob("*.json")), ids=lambda path: path.stem)
def test_every_report_is_read_by_the_class_that_writes_it(path: Path) -> None:
    before = as_read(json.loads(path.read_text()))
    report = of_class(before).model_validate_json(json.dumps(before))
    # Earlier versions wrote other names, and other sentences, which are made anew.
    now, earlier = (json.loads(report.model_dump_json(by_alias=by_alias)) for by_alias in (False, True))
    if "paper_test_part" in before:
        assert now["sentences"] != before.pop("sentences")
    assert kept(before, now) or kept(before, earlier)


def changed(report: dict[str, Any], *keys: str, value: Any) -> dict[str, Any]:
    place = report
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return report


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("protocols", "clean", "metrics", "accuracy", "mean"), 73.6),
        (("protocols", "clean", "metrics", "accuracy", "low"), 0.9),
        (("protocols",), {}),
        (("paper_test_set", "masks", "files"), "many"),
    ],
)
def test_a_report_that_cannot_be_true_is_refused(tmp_path, keys, value) -> None:
    name = "protocols_busi_xception_150.json"
    report = json.loads((DOCS / "results" / name).read_text())
    (tmp_path / name).write_text(json.dumps(changed(report, *keys, value=value)))
    with pytest.raises(UserError, match="is not valid"):
        measured.read_comparison(150, tmp_path)


def test_absent_results_are_named(tmp_path) -> None:
    with pytest.raises(UserError, match="copy docs/ together with the app"):
        measured.read_comparison(150, tmp_path)
