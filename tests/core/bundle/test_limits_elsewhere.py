"""A model says how its limits held on sources that it was not made with, or that nobody tried."""

from pathlib import Path

from bundles import make_bundle
from held_out import held_out_run

from core.bundle.card import render
from core.bundle.folder import read_manifest
from core.bundle.held_out_run import HeldOutFold
from core.bundle.limitations import describe_held_out
from core.bundle.limits_elsewhere import (
    AT_HOME_ONLY,
    OTHER_NETWORKS,
    describe,
    describe_calibration,
    never_measured,
    worst_source,
)
from core.escape import markdown


def test_without_a_run_it_says_that_it_was_measured_at_home_only(tmp_path: Path) -> None:
    manifest = make_bundle(tmp_path / "tiny")
    assert worst_source(manifest) is None
    assert describe(manifest, str) == [AT_HOME_ONLY]
    assert never_measured(manifest) == ()
    assert AT_HOME_ONLY in render(manifest)
    assert describe_calibration(manifest, str).startswith("Measured at home only")


def test_the_worst_source_of_all_runs_stands_first_and_the_mean_nowhere(tmp_path: Path) -> None:
    runs = (held_out_run(Alpha=0.93, Beta=0.84), held_out_run(Gamma=0.9, Delta=0.81))
    make_bundle(tmp_path / "tiny", held_out=runs)
    manifest = read_manifest(tmp_path / "tiny")  # as it comes back from the file
    assert worst_source(manifest).name == "Delta"
    said = describe(manifest, str)
    assert said[0] == (
        "On Delta, the worst of 4 held-out sources, prediction sets that were made in the same way had the "
        "true class of 71% (66% to 76%) of the images; the aim is 90 %."
    )
    assert said[1:] == ["normal: never measured elsewhere.", OTHER_NETWORKS]
    assert describe_calibration(manifest, str).startswith("On Alpha, the worst of 4 held-out sources: 0.070")
    card = render(manifest)
    section = card.split("## How far calibration and prediction sets hold")[1].split("\n## ")[0]
    assert all(sentence in section for sentence in said)
    assert "| Alpha | as the model predicts | 120 | 90 | 0.830 (0.780–0.880) |" in section
    assert "|  | among the classes present | 120 | 90 | 0.930 (0.880–0.980) |" in section
    assert "1.25 (1.20–1.30) of 2 |" in section
    assert "the largest conformal threshold" in section


def test_a_network_of_a_held_out_run_says_what_its_test_set_is(tmp_path: Path) -> None:
    fold = HeldOutFold(column="source", name="other", joined=("Alpha", "Beta"))
    manifest = make_bundle(tmp_path / "tiny", held_out_fold=fold)
    (said,) = describe(manifest, str)
    assert said.startswith(
        "This network was trained without Alpha and Beta and tested on Alpha and Beta alone"
    )
    assert describe_calibration(manifest, str).startswith("Measured on Alpha and Beta")
    card = render(manifest)
    assert "at home" not in card.lower()
    assert "The test set is all of other." in card
    assert describe_held_out(manifest, str) == " without other"


def test_names_of_sources_are_text(tmp_path: Path) -> None:
    name = "*GE* <b>|x|</b> [a](http://example.org)"
    manifest = make_bundle(tmp_path / "tiny", held_out=(held_out_run(**{name: 0.8, "B": 0.9}),))
    assert name not in render(manifest)
    assert markdown(name) in describe(manifest, markdown)[0]
