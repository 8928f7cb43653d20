"""What a report says of a model's worth."""

import pytest
from bundles import make_bundle
from held_out import held_out_run

from core.bundle import limits_elsewhere
from core.evaluation.results import Interval
from core.inference.report_content import describe_limits, short_name

COVERAGE = Interval(value=0.9, low=0.8, high=0.95)


@pytest.fixture
def manifest(tmp_path):
    return make_bundle(tmp_path / "tiny")


def test_it_begins_at_home_with_intervals_and_goes_on_elsewhere(manifest) -> None:
    home, elsewhere, simulated = describe_limits(manifest, manifest.metrics, COVERAGE)
    assert home == (
        "At home, on its 12 test images, with 95 % confidence intervals: accuracy 75% (50% to 90%), true "
        "class among the possible ones 90% (80% to 95%)."
    )
    assert elsewhere == limits_elsewhere.AT_HOME_ONLY
    assert "simulated images" in simulated


def test_held_out_sources_and_leaks_are_named_without_markup(manifest) -> None:
    leaky = manifest.model_copy(
        update={"protocol": "paper", "held_out": (held_out_run(**{"A|*b*": 0.93, "B": 0.8}),)}
    )
    said = " ".join(describe_limits(leaky, manifest.metrics, None))
    assert "On B, the worst of 2 held-out sources" in said
    assert "The protocol paper leaks" in said
    assert "possible ones" not in said


def test_long_names_are_cut_to_one_line() -> None:
    assert short_name("benign (1).png") == "benign (1).png"
    short = short_name(f"first\n{'long ' * 20}last\u202e.png")
    assert len(short) <= 28
    assert (short[:5], short[-8:]) == ("first", "last.png")
