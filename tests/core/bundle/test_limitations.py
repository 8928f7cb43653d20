"""What a card warns of, and how it describes the split."""

import pytest
from bundles import make_bundle
from huggingface_hub import ModelCard

from core.bundle.card import render
from core.data.groups import PATIENT_IDS
from core.data.plausibility import ImplausibleGroups
from core.data.provenance import GivenSplit


@pytest.fixture
def manifest(tmp_path):
    return make_bundle(tmp_path / "tiny")


def real(manifest, **fields):
    """The same bundle as if it came from patients."""
    data = manifest.data.model_copy(
        update={
            "name": "BUSI",
            "simulated": False,
            "licence": "CC0: Public Domain",
            "citation": "Al-Dhabyani",
        }
    )
    return manifest.model_copy(update={"data": data, **fields})


def cautions(manifest):
    return [line for line in render(manifest).splitlines() if line.startswith("> **Warning.**")]


def test_simulated_images_are_named(manifest):
    (line,) = cautions(manifest)
    assert "trained on simulated images" in line


@pytest.mark.parametrize(
    ("protocol", "expected"), [("paper", "masks count as images"), ("naive", "near-duplicates")]
)
def test_a_leaking_protocol_is_named(manifest, protocol, expected):
    leak, patients = cautions(real(manifest, protocol=protocol))
    assert f"`{protocol}` leaks" in leak
    assert expected in leak
    assert "may share patients" in patients
    assert "counted as independent" in patients


def test_a_protocol_that_parts_patients_says_so(manifest):
    (leak, _) = cautions(real(manifest, protocol="naive", grouping=PATIENT_IDS))
    assert leak.endswith("so its results are too high; images of one patient may be in both sets.")


def test_a_split_from_a_file_is_named_and_its_leak_is_counted(manifest):
    given = GivenSplit(file="of*cial.csv", unlisted=7, removed=0, leaked=3, conflicting=2)
    published = real(manifest, protocol="naive", given_split=given)
    leak, labels, _patients = cautions(published)
    assert "3 of the 12 test images have near-duplicates in training or validation" in leak
    assert "2 of the 12 test images have near-duplicates with another label" in labels
    text = render(published)
    assert "read from the file of\\*cial.csv and used unchanged" in text
    assert "7 images that the split does not list were left out." in text
    assert "at random" not in text
    assert ModelCard(text).data.eval_results[0].dataset_name == "BUSI, protocol naive, split of*cial.csv"
    # Nothing is said to leak where no test image has a copy elsewhere.
    given = given.model_copy(update={"leaked": 0, "conflicting": 0})
    assert len(cautions(published.model_copy(update={"given_split": given}))) == 1
    clean = given.model_copy(update={"removed": 5})
    text = render(real(manifest, given_split=clean))
    assert "5 images were removed from training and validation: near-duplicates of test images" in text
    assert "split by groups" not in text


@pytest.mark.parametrize(("protocol", "left_out"), [("clean", True), ("naive", False)])
def test_groups_that_look_wrong_are_named_with_their_numbers(manifest, protocol, left_out):
    groups = ImplausibleGroups(images=780, large_group=251, conflicting=160, duplicates=0)
    changed = manifest.model_copy(update={"implausible_groups": groups, "protocol": protocol})
    (line,) = [line for line in cautions(changed) if "look wrong" in line]
    assert "one near-duplicate group holds 251 of 780 images and 160 of 780 images have a" in line
    assert ("images were left out, by mistake" in line) == left_out


def test_a_clean_split_claims_no_more_than_was_searched(manifest):
    assert "no near-duplicate of a test image was found in the training set" in render(manifest)


def test_missing_patient_ids_are_named(manifest):
    (line,) = cautions(real(manifest))
    assert "no patient ids" in line
    (line,) = cautions(real(manifest, grouping="near-duplicates and sub-folders"))
    assert "no patient ids: where sub-folders do not tell patients apart, the training" in line
    one, two = (manifest.data.model_copy(update={"name": name, "simulated": False}) for name in "ab")
    three = one.model_copy(update={"name": "c", "patient_ids": True})
    both = one.model_copy(update={"parts": {"a": one, "b": two, "c": three}})
    assert "a and b have no patient ids: the tr" in cautions(manifest.model_copy(update={"data": both}))[0]
    data = real(manifest).data.model_copy(update={"patient_ids": True})
    assert cautions(manifest.model_copy(update={"data": data})) == []
