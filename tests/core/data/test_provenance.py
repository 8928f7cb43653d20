import json
from pathlib import Path

import pytest

from core.data.known_tables import KNOWN
from core.data.provenance import (
    BUSI,
    BUSI_CITATION,
    PHANTOM_DATA,
    DataSource,
    GivenSplit,
    combine,
    is_busi,
    is_phantom,
    is_public,
)
from core.schema import parse

SPLIT = GivenSplit(file="official.csv", unlisted=7, removed=5, leaked=3, conflicting=2)


def test_a_split_is_read_with_the_earlier_names_of_its_fields() -> None:
    content = json.loads(SPLIT.model_dump_json(by_alias=True))
    assert list(content) == ["file", "not_named", "taken_out", "test_copied", "test_contradictory"]
    assert parse(GivenSplit, content, what="the split") == SPLIT


def test_a_split_is_described_under_each_protocol() -> None:
    naive = SPLIT.described(str, "naive", grouped=False)
    assert naive.startswith("The split was read from the file official.csv and used unchanged. 7 images that")
    clean = SPLIT.described(str, "clean", grouped=True)
    assert "5 images were removed from training and validation: near-duplicates of test images or im" in clean
    whole = SPLIT.model_copy(update={"unlisted": 0}).described(str, "naive", grouped=False)
    assert whole.count(".") == 2


def test_a_split_from_which_nothing_or_one_image_was_removed_says_so() -> None:
    own = SPLIT.model_copy(update={"file": None, "unlisted": 0, "removed": 0})
    assert own.described(str, "clean", grouped=True) == (
        "The split was taken from the data set itself; no image had to be removed from it."
    )
    one = own.model_copy(update={"removed": 1}).described(str, "clean", grouped=False)
    assert "1 image was removed from training and validation: near-duplicates of test images, from" in one


def test_warnings_count_the_leak_and_the_conflicting_labels() -> None:
    leak, labels = SPLIT.warnings("naive", 12, grouped=True)
    assert "3 of the 12 test images have near-duplicates or other images of the same patient or" in leak
    assert "2 of the 12 test images have near-duplicates with another label" in labels
    sound = SPLIT.model_copy(update={"leaked": 0, "conflicting": 0})
    assert sound.warnings("clean", 12, grouped=False) == []


def test_busi_and_the_simulated_images_are_public() -> None:
    assert is_public(BUSI)
    assert is_public(PHANTOM_DATA)
    assert not is_public(BUSI.model_copy(update={"citation": None}))
    earlier = PHANTOM_DATA.model_copy(update={"citation": "another wording"})
    assert is_phantom(earlier)
    assert not is_phantom(BUSI)


def test_busi_is_recognised_by_its_780_names(tmp_path: Path) -> None:
    for name, count in (("benign", 437), ("malignant", 210), ("normal", 133)):
        (tmp_path / name).mkdir()
        for number in range(1, count + 1):
            (tmp_path / name / f"{name} ({number}).png").touch()
    assert is_busi(tmp_path)
    (tmp_path / "normal" / "normal (134).png").touch()
    assert not is_busi(tmp_path)


@pytest.mark.busi
def test_the_real_busi(busi: Path) -> None:
    assert is_busi(busi)


def test_several_sources_are_one_that_names_each() -> None:
    other = DataSource(name="BUS-BRA", simulated=False, patient_ids=True, licence="free", citation="Gómez")
    both = combine({"busi": BUSI, "busbra": other})
    assert both.name == f"{BUSI.name} and BUS-BRA"
    assert (both.patient_ids, both.licence) == (False, "busi: not stated; busbra: free")
    assert combine({"busi": BUSI, "phantom": BUSI}).licence is None
    assert both.citation == f"busi: {BUSI_CITATION}; busbra: Gómez"
    assert both.without_patient_ids() == [BUSI.name]
    assert not is_public(both)
    assert is_public(combine({"busi": BUSI, "phantom": PHANTOM_DATA}))
    published = other.model_copy(update={"citation": KNOWN[0].citation})
    assert is_public(combine({"busi": BUSI, "busbra": published}))
    assert DataSource.model_validate_json(both.model_dump_json()) == both
    assert "parts" not in BUSI.model_dump()
    assert combine({"busi": BUSI}) == BUSI
    # What tables call otherwise is told.
    assert combine({"busi": BUSI, "site B": other}).name == f"{BUSI.name} and {other.name} (site B)"
    with pytest.raises(ValueError, match="has parts of its own"):
        combine({"a": both, "b": BUSI})
