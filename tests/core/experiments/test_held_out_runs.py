"""A training takes its limits from a finished run with held-out sources, of the same recipe and data only."""

from pathlib import Path

import pandas as pd
import pytest
from reading import silent

from core.bundle.folder import open_bundle
from core.bundle.manifest import CARD, OUT_OF_FOLD, SPLIT
from core.errors import UserError
from core.experiments.cross_validation_report import REPORT
from core.experiments.data_source import DataRequest
from core.experiments.held_out_limits import choose_without
from core.experiments.train import train

pytestmark = pytest.mark.xdist_group("held-out")


def groups_of(table: pd.DataFrame, sha256: set[str]) -> set[int]:
    return set(table["group"][table["sha256"].isin(sha256)])


@pytest.mark.slow
def test_a_bundle_has_the_limits_of_its_run(held_out, tmp_path: Path) -> None:
    run, limits = held_out.request.output, held_out.report.held_out
    request = held_out.request._replace(output=tmp_path / "both", limits=(run,))
    manifest = train(request, "clean", silent, silent)
    assert manifest == open_bundle(tmp_path / "both").manifest
    (taken,) = manifest.held_out
    assert (taken.hold_out, taken.limits.sources) == ("source", limits.sources)
    # The images that this training tests chose none of its limits.
    split = open_bundle(tmp_path / "both").table(SPLIT)
    tested = set(split["sha256"][split["set"] == "test"])
    own, decision = taken.limits.limits, manifest.decision
    folds = [run / "fold-1", run / "fold-2"]
    table = pd.read_parquet(run / OUT_OF_FOLD)
    assert own == choose_without(table, folds, tested)
    assert own == choose_without(table[~table["group"].isin(groups_of(table, tested))], folds, set())
    assert own != limits.limits
    assert decision.temperature == own.temperature
    assert decision.operating_threshold == own.operating_threshold
    assert "a sensitivity of 0.95" in decision.operating_rule
    for name in ("benign", "malignant"):
        assert decision.conformal_threshold_of(name) == own.conformal_thresholds[name]
    domain = held_out.report.domain
    assert taken.domain == domain
    assert {limit.score for limit in decision.domain} == set(domain.chosen.split(" or "))
    assert {limit.factor for limit in decision.domain} == {domain.best.factor}
    assert "## Outside the training domain" in (tmp_path / "both" / CARD).read_text()
    assert "normal" not in limits.limits.conformal_thresholds
    assert 0 <= decision.conformal_threshold_of("normal") <= 1
    assert manifest.at_home is not None
    assert manifest.at_home.images == manifest.metrics.images


@pytest.mark.slow
def test_another_recipe_other_data_and_no_run_are_refused(
    held_out, phantoms: Path, elsewhere: Path, tmp_path: Path
) -> None:
    run = held_out.request.output
    asked = held_out.request._replace(output=tmp_path / "both", limits=(run,))

    def refusal(request, protocol: str = "clean") -> str:
        with pytest.raises(UserError) as refused:
            train(request, protocol, silent, silent)
        assert not (tmp_path / "both").exists()
        return str(refused.value)

    other = asked._replace(recipe=asked.recipe.overridden(epochs=2))
    assert "another recipe: epochs differ; give the same recipe" in refusal(other)
    less = asked._replace(data=DataRequest((str(elsewhere),), tables=asked.data.tables))
    assert "and 74 of its images are not in the training" in refusal(less)
    less = asked._replace(data=DataRequest((str(phantoms),)))
    both = f"run on other data, {phantoms.name} and {elsewhere.name}"
    assert f"{both}: 0 images of the training are not in it, and 63 of its images" in refusal(less)
    assert "more than once; give each run once" in refusal(asked._replace(limits=(run, run)))
    other = asked._replace(positive_class="benign")
    assert "has the positive class malignant" in refusal(other)
    assert "protocol clean; leave out --protocol" in refusal(asked, "naive")
    assert "holds no finished cross-validation" in refusal(asked._replace(limits=(tmp_path,)))
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    report = held_out.report.model_copy(update={"hold_out": None, "held_out": None})
    (drawn / REPORT).write_text(report.model_dump_json())
    assert "run cross-validate with --hold-out source" in refusal(asked._replace(limits=(drawn,)))
