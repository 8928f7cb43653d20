"""What a model was trained on, and the warning about images of the other kind."""

import pytest

from core.data.provenance import BUSI, PHANTOM_DATA, DataSource, combine
from core.serving import training_domain

OTHER = DataSource(name=f"hf://datasets/ann/scans@{'a' * 40}", simulated=False, patient_ids=True)
OFFERED = {"phantom": PHANTOM_DATA, "busi": BUSI, "other": OTHER}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (PHANTOM_DATA, "simulated images (teaching model)"),
        (BUSI, "BUSI"),
        (OTHER, "hf://datasets/ann/scans"),
        (combine({"busi": BUSI, "scans": OTHER}), "BUSI and hf://datasets/ann/scans"),
    ],
)
def test_it_is_said_in_a_few_words_what_a_model_was_trained_on(data, said) -> None:
    assert training_domain.describe(data) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [(",x", ",x"), ("@x", "@x"), (" , x", ", x"), ("A, with", "A"), (" ", "data without a name")],
)
def test_an_odd_name_is_not_cut_to_nothing(name, said) -> None:
    assert training_domain.describe(BUSI.model_copy(update={"name": name})) == said


def test_the_models_of_a_kind_are_found_in_order() -> None:
    assert training_domain.of_kind(OFFERED, simulated=True) == ["phantom"]
    assert training_domain.of_kind(OFFERED, simulated=False) == ["busi", "other"]
    assert training_domain.of_kind({"busi": BUSI}, simulated=True) == []


def test_images_outside_the_training_domain_are_named() -> None:
    assert training_domain.warning(PHANTOM_DATA, simulated=True) is None
    assert training_domain.warning(PHANTOM_DATA, simulated=False) == (
        "This model saw only simulated images; its prediction is not meaningful here."
    )
    assert training_domain.warning(BUSI, simulated=True) == (
        "This model saw only real images; its prediction is not meaningful here."
    )
    assert training_domain.warning(BUSI, simulated=False) is None
