"""Requests: their data, classes and weights."""

import shutil
from pathlib import Path

import pytest
from bundles import make_bundle
from image_files import write_noise
from reading import request_for, silent

from core.data.groups import NEAR_DUPLICATES_ONLY, PATIENT_IDS
from core.data.plausibility import ImplausibleGroups
from core.errors import UserError
from core.experiments.data_source import DataRequest
from core.experiments.request import Request, prepare
from core.recipe import RECIPES


def request(data: Path, output: Path, **fields: object) -> Request:
    return request_for(data, output, RECIPES["recommended"], seed=7, command="train", **fields)


def test_a_request_becomes_a_specification(phantoms: Path, tmp_path: Path) -> None:
    prepared = prepare(request(phantoms, tmp_path / "out"), silent)
    spec = prepared.spec("bundle", "naive", seed=3)
    assert (spec.name, spec.protocol, spec.seed, spec.command) == ("bundle", "naive", 3, "train")
    assert spec.class_names == ("benign", "malignant", "normal")
    assert (spec.positive_class, spec.grouping) == ("malignant", NEAR_DUPLICATES_ONLY)
    assert spec.recipe == RECIPES["recommended"].model_copy(update={"weights": "none"})
    assert "74 images" in prepared.summary()
    assert prepared.summary().endswith("groups of near-duplicates.")
    empty = shutil.copytree(phantoms, tmp_path / "data")
    (empty / "cyst").mkdir()
    said = prepare(request(empty, tmp_path / "out"), silent).summary()
    assert said.endswith("groups of near-duplicates.\nThe folder cyst has no images and is no class.")
    other = prepare(request(phantoms, tmp_path / "out", positive_class="normal"), silent)
    assert other.positive_class == "normal"


def test_patient_ids_join_the_near_duplicates(phantoms: Path, tmp_path: Path) -> None:
    alone = prepare(request(phantoms, tmp_path / "out"), silent).index
    images = alone.loc[alone["kind"] == "image", ["file", "class"]]
    groups = tmp_path / "groups.csv"
    images.rename(columns={"class": "group"}).to_csv(groups, index=False)  # a patient for each class
    prepared = prepare(
        request(phantoms, tmp_path / "out")._replace(data=DataRequest((str(phantoms),), groups=(groups,))),
        silent,
    )
    assert prepared.spec("bundle", "clean", seed=0).grouping == PATIENT_IDS
    assert prepared.data.patient_ids
    benign = (prepared.index["kind"] == "image") & (prepared.index["class"] == "benign")
    assert len(set(prepared.groups[benign])) == 1
    assert len(set(prepared.duplicate_groups[benign])) > 1
    assert prepared.summary().endswith("near-duplicates or of one patient.")


def test_groups_that_look_wrong_are_said_and_stored(phantoms: Path, tmp_path: Path) -> None:
    plausible = prepare(request(phantoms, tmp_path / "out"), silent)
    assert plausible.spec("bundle", "clean", seed=0).implausible_groups is None
    for number in range(12):
        for name, seed in (("a", 0), ("b", number + 1)):
            write_noise(tmp_path / "data" / name / f"{number}.png", seed)
    prepared = prepare(request(tmp_path / "data", tmp_path / "out"), silent)
    assert "\nWarning: One near-duplicate group holds 12 of 24 images: 'a/0.png', " in prepared.summary()
    expected = ImplausibleGroups(images=24, large_group=12, conflicting=0, duplicates=0)
    assert prepared.spec("bundle", "clean", seed=0).implausible_groups == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"positive_class": "cyst"},
            "no class 'cyst'; choose the positive class from benign, malignant, normal",
        ),
        ({"weights": "missing.h5"}, "missing.h5 does not exist"),
        ({"weights": "{tmp}/bare"}, "was published without model.weights.h5"),
    ],
)
def test_what_cannot_be_used_is_refused(
    phantoms: Path, tmp_path: Path, fields: dict[str, str], message: str
) -> None:
    make_bundle(tmp_path / "bare", weights=False)
    named = {name: value.format(tmp=tmp_path) for name, value in fields.items()}
    with pytest.raises(UserError, match=message):
        prepare(request(phantoms, tmp_path / "out", **named), silent)
