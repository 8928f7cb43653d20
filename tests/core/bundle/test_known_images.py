"""The embedded images of a bundle, of this version and of earlier ones, and what is said of them."""

import numpy as np
import pytest
from bundles import COUNTS, as_before, make_bundle

from core.bundle import known_images
from core.bundle.card import render
from core.bundle.folder import open_bundle, read_manifest
from core.bundle.manifest import EARLIER_EMBEDDINGS, MANIFEST, SPLIT
from core.bundle.tables import read_csv
from core.csv_table import to_csv
from core.data.groups import NEAR_DUPLICATES_ONLY, PATIENT_IDS
from core.data.provenance import BUSI
from core.evaluation import neighbours

CAUTION = "The data has no patient ids: a neighbour may show the same patient."


def test_embedded_images_are_named_from_the_split(bundle) -> None:
    opened = open_bundle(bundle)
    split, (images, embeddings) = opened.table(SPLIT).set_index("sha256"), opened.embedded_images()
    known = known_images.read(opened)
    assert known is not None
    assert (known.embeddings == embeddings).all()
    assert known.table["sha256"].tolist() == images["sha256"].tolist()
    for column in ("file", "group", "class", "set"):
        assert known.table[column].tolist() == split.loc[images["sha256"], column].tolist()


def test_images_that_the_split_lacks_are_left_out_with_their_embeddings(bundle) -> None:
    opened = open_bundle(bundle)
    images, embeddings = opened.embedded_images()
    split = opened.table(SPLIT)
    known = known_images.find(images, embeddings, split[split["sha256"] != images["sha256"][1]])
    assert (known.embeddings == np.delete(embeddings, 1, axis=0)).all()
    assert len(known.table) == len(known.embeddings)


def test_an_earlier_bundle_has_its_training_images_in_the_order_of_the_split(tmp_path) -> None:
    make_bundle(tmp_path / "before", fill=as_before)
    bundle = open_bundle(tmp_path / "before")
    known = known_images.read(bundle)
    assert known is not None
    split = bundle.table(SPLIT)
    assert known.table["file"].tolist() == split.loc[split["set"] == "train", "file"].tolist()
    assert (known.embeddings == bundle.training_embeddings()).all()
    assert known.agreement() is None


def test_embeddings_of_another_number_of_images_are_of_unknown_ones(tmp_path) -> None:
    def fewer(folder) -> None:
        as_before(folder)
        np.save(folder / EARLIER_EMBEDDINGS, np.load(folder / EARLIER_EMBEDDINGS)[1:])

    make_bundle(tmp_path / "before", fill=fewer)
    assert known_images.read(open_bundle(tmp_path / "before")) is None


def test_at_most_two_thousand_images_of_a_set_are_drawn_in_their_order() -> None:
    assert known_images.drawn(5, 0).tolist() == [0, 1, 2, 3, 4]
    many = known_images.drawn(2500, 1)
    assert len(set(many.tolist())) == 2000
    assert (np.diff(many) > 0).all()


def test_images_of_one_group_are_no_neighbours(tmp_path) -> None:
    def grouped(folder) -> None:
        (folder / SPLIT).write_text(to_csv(read_csv(folder / SPLIT).assign(group=0)), encoding="utf-8")

    make_bundle(tmp_path / "apart")
    make_bundle(tmp_path / "together", fill=grouped)
    found = known_images.read(open_bundle(tmp_path / "apart")).agreement()
    assert (found.images, found.known) == (3 * COUNTS["test"], 3 * (COUNTS["test"] + COUNTS["train"]))
    assert known_images.read(open_bundle(tmp_path / "together")).agreement() is None


AGREEMENT = {"images": 1200, "groups": 90, "known": 3000, "by_chance": 0.412}
AGREEMENT["same_class"] = {"value": 0.78, "low": 0.64, "high": 0.88}


@pytest.mark.parametrize(
    ("grouping", "data", "said", "caution"),
    [
        (PATIENT_IDS, BUSI.model_copy(update={"patient_ids": True}), "image of another patient has", ""),
        (NEAR_DUPLICATES_ONLY, BUSI, "image that is no near-duplicate has", CAUTION),
        (
            "near-duplicates, sub-folders of A",
            BUSI,
            "image of another group has",
            "the patient is not known.",
        ),
    ],
)
def test_the_card_says_how_often_neighbours_share_a_class(tmp_path, grouping, data, said, caution) -> None:
    manifest = make_bundle(tmp_path / "tiny", neighbours=AGREEMENT, grouping=grouping, data=data.model_dump())
    assert read_manifest(tmp_path / "tiny").neighbours == neighbours.NeighbourAgreement(**AGREEMENT)
    text = known_images.describe_agreement(manifest)
    assert said in text
    assert "the same class for 78% (64% to 88%) of 1,200 test images" in text
    assert "one drawn at random would have it for 41%." in text
    assert text.endswith(caution or "41%.")
    assert f"## Similar known images\n\n{known_images.LIKENESS} {text}" in render(manifest)


def test_the_card_and_manifest_of_a_bundle_without_it_say_nothing(tmp_path) -> None:
    manifest = make_bundle(tmp_path / "tiny")
    assert known_images.describe_agreement(manifest) == ""
    assert "Similar known" not in render(manifest)
    assert "neighbours" not in (tmp_path / "tiny" / MANIFEST).read_text()
