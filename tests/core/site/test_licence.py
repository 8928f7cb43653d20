import pytest

from core.data.known_tables import KNOWN
from core.data.provenance import BREASTMNIST, BUSI, PHANTOM_DATA, DataSource, combine
from core.site.licence import forbidden_by, without_permission


def of(licence: str | None) -> DataSource:
    return DataSource(name="clinic", simulated=False, patient_ids=True, licence=licence)


@pytest.mark.parametrize(
    "licence",
    [
        "CC-BY-NC-ND-4.0",
        "cc by-nd 4.0",
        "Creative Commons Attribution NoDerivatives",
        "for this course; may not be redistributed",
        "No redistribution",
        "All rights reserved",
        "Confidential: hospital use",
    ],
)
def test_a_licence_that_forbids_is_noticed_whoever_else_is_in_the_data(licence):
    assert forbidden_by(of(licence)).licence == licence
    together = combine({"a": PHANTOM_DATA, "b": of(licence)})
    assert forbidden_by(together) is not None
    assert without_permission(together) is not None


@pytest.mark.parametrize(
    "licence",
    ["CC0-1.0", "CC-BY-4.0", "cc by-sa 4.0", "CC-BY-NC-SA-4.0", "public domain", KNOWN[0].licence],
)
def test_images_are_shown_where_their_licence_allows_copies(licence):
    assert forbidden_by(of(licence)) is None
    assert without_permission(of(licence)) is None


@pytest.mark.parametrize("licence", [None, "", "other", "see the article", "research use"])
def test_a_licence_that_says_nothing_of_copies_allows_the_page_without_images(licence):
    assert forbidden_by(of(licence)) is None
    assert without_permission(of(licence)) == of(licence)


def test_of_the_known_data_sets_busi_alone_names_no_licence():
    assert without_permission(PHANTOM_DATA) is None
    assert without_permission(BREASTMNIST) is None
    assert without_permission(BUSI) == BUSI
    assert without_permission(combine({"busi": BUSI, "phantom": PHANTOM_DATA})) == BUSI
