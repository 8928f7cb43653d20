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


def test_the_first_model_of_a_kind_is_found() -> None:
    assert training_domain.first_of_kind(OFFERED, simulated=True) == "phantom"
    assert training_domain.first_of_kind(OFFERED, simulated=False) == "busi"
    assert training_domain.first_of_kind({"busi": BUSI}, simulated=True) is None


def test_images_outside_the_training_domain_are_named() -> None:
    assert training_domain.warning(PHANTOM_DATA, simulated=True) is None
    assert training_domain.warning(PHANTOM_DATA, simulated=False) == (
        "This model saw only simulated images; its prediction is not meaningful here."
    )
    assert training_domain.warning(BUSI, simulated=True) == (
        "This model saw only real images; its prediction is not meaningful here."
    )
    assert training_domain.warning(BUSI, simulated=False) is None
