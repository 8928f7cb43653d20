import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reading import indexed

from core.data import splits
from core.data.groups import join_patients
from core.errors import UserError

# Class: images, masks (notes on BUSI; the masks beyond one an image are second and third lesions).
BUSI = {"benign": (437, 454), "malignant": (210, 211), "normal": (133, 133)}


@pytest.fixture(scope="module")
def busi_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with the names of BUSI's 1578 files and other images in them."""
    folder = tmp_path_factory.mktemp("busi-names")
    rng = np.random.default_rng(0)
    for name, (images, masks) in BUSI.items():
        (folder / name).mkdir()
        stems = [f"{name} ({n})" for n in range(1, images + 1)]
        stems += [f"{name} ({n})_mask" for n in range(1, images + 1)]
        stems += [f"{name} ({n})_mask_1" for n in range(1, masks - images + 1)]
        for stem in stems:
            pixels = rng.integers(0, 256, (9, 9), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{stem}.png")
    return folder


def table(classes: list[str], groups: list[int]) -> tuple[pd.DataFrame, np.ndarray]:
    files = [f"{name}/{number:04}.png" for number, name in enumerate(classes)]
    frame = pd.DataFrame({"file": files, "class": classes, "kind": "image", "image": files})
    frame["sha256"] = [f"{number:064x}" for number in range(len(files))]
    return frame.assign(fingerprint="x", source=""), np.array(groups)


def test_paper_protocol_gives_the_papers_sizes(busi_names: Path) -> None:
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    index = indexed(busi_names)
    split = splits.split(index, np.arange(len(index)), "paper", seed=0)
    sizes = split["set"].value_counts().to_dict()
    assert sizes == {"train": 1138, "validation": 283, "test": 157}
    assert math.ceil(sizes["train"] / 8) == 143
    # Keras itself, on the folder without the test set, takes the very same validation files.
    for file in split.loc[split["set"] == "test", "file"]:
        (busi_names / file).unlink()
    generator = ImageDataGenerator(validation_split=0.2)
    validation = generator.flow_from_directory(busi_names, subset="validation", shuffle=False).filenames
    assert split.loc[split["set"] == "validation", "file"].tolist() == validation


def test_paper_protocol_draws_its_test_set_with_the_seed() -> None:
    index, groups = table(["a"] * 60 + ["b"] * 60, list(range(120)))
    parts = [splits.split(index, groups, "paper", seed=seed)["set"].tolist() for seed in (0, 0, 1)]
    assert parts[0] == parts[1] != parts[2]


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[pd.DataFrame, np.ndarray]:
    """Classes of 40 to 120 images in groups of one to four."""
    classes: list[str] = []
    groups: list[int] = []
    for name in ("benign", "malignant", "normal")[: draw(st.integers(2, 3))]:
        for _ in range(draw(st.integers(40, 60))):
            size = draw(st.sampled_from((1, 1, 1, 2, 4)))
            group = max(groups, default=-1) + 1
            classes += [name] * size
            groups += [group] * size
    return table(classes, groups)


@settings(max_examples=25, deadline=None)
@given(data_sets(), st.integers(0, 2**31))
def test_clean_never_parts_a_group_and_keeps_the_class_shares(
    data: tuple[pd.DataFrame, np.ndarray], seed: int
) -> None:
    index, groups = data
    split = splits.split(index, groups, "clean", seed=seed)
    assert split.groupby("group")["set"].nunique().max() == 1
    assert split["file"].tolist() == index["file"].tolist()
    assert set(split["set"]) == set(splits.SETS)
    for part, share in (("train", 0.7), ("validation", 0.2), ("test", 0.1)):
        mine = split["set"] == part
        assert mine.mean() == pytest.approx(share, abs=0.05)
        for name in set(index["class"]):
            of_class = split["class"] == name
            assert (mine & of_class).sum() / of_class.sum() == pytest.approx(share, abs=0.08)


@settings(max_examples=10, deadline=None)
@given(data_sets(), st.integers(0, 2**31))
def test_folds_test_every_image_once(data: tuple[pd.DataFrame, np.ndarray], seed: int) -> None:
    index, groups = data
    tested = []
    for fold in range(5):
        split = splits.split(index, groups, "clean", seed=seed, fold=(fold, 5))
        assert split.groupby("group")["set"].nunique().max() == 1
        tested += split.loc[split["set"] == "test", "file"].tolist()
        assert (split["set"] == "validation").mean() == pytest.approx(0.1, abs=0.04)
    assert sorted(tested) == sorted(index["file"])


def test_clean_leaves_out_conflicting_labels_and_masks() -> None:
    index, groups = table(["a"] * 40 + ["b"] * 40, [*range(40), 0, *range(41, 80)])
    index.loc[5, ["kind", "image"]] = ["mask", "a/0006.png"]
    split = splits.split(index, groups, "clean", seed=0)
    left_out = split.loc[split["set"] == splits.LEFT_OUT, "file"].tolist()
    assert left_out == ["a/0000.png", "a/0005.png", "b/0040.png"]


@pytest.mark.parametrize("copied", [40, 80])
def test_a_class_of_copies_of_others_is_named(copied: int) -> None:
    index, groups = table(
        ["a"] * 40 + ["all"] * copied + ["b"] * 40, [*range(40), *range(copied), *range(40, 80)]
    )
    with pytest.raises(
        UserError, match=r"all images of class '(a|all)' have near-duplicates in another class"
    ):
        splits.split(index, groups, "clean", seed=0)


@pytest.mark.parametrize("protocol_name", ["clean", "naive"])
def test_the_seed_decides_where_the_largest_group_goes(protocol_name: str) -> None:
    index, groups = table(["a"] * 70 + ["b"] * 70, [*([0] * 7), *range(7, 140)])
    parts = []
    for seed in range(40):
        split = splits.split(index, groups, protocol_name, seed=seed)
        parts.append(split["set"].iloc[0])
    shares = pd.Series(parts).value_counts(normalize=True)
    for part, share in (("train", 0.7), ("validation", 0.2), ("test", 0.1)):
        assert shares.get(part, 0) == pytest.approx(share, abs=0.15)
    assert set(parts) == set(splits.SETS)


def test_naive_separates_near_duplicates_and_leaves_out_masks() -> None:
    index, groups = table(["a"] * 60 + ["b"] * 60, [number // 6 for number in range(120)])
    index.loc[3, "kind"] = "mask"
    split = splits.split(index, groups, "naive", seed=0)
    assert split.groupby("group")["set"].nunique().max() > 1
    assert split.loc[split["set"] == splits.LEFT_OUT, "file"].tolist() == ["a/0003.png"]


def test_a_class_with_too_few_groups_is_named() -> None:
    index, groups = table(["a"] * 60 + ["b"] * 60, [*range(60), *([60] * 60)])
    with pytest.raises(
        UserError, match=r"'b' has 1 group of images \(near-duplicates, patients or sub-folders\), but"
    ):
        splits.split(index, groups, "clean", seed=0)
    index, groups = table(["a"] * 60 + ["b"] * 4, list(range(64)))
    with pytest.raises(UserError, match=r"leaves no .* image of class 'b'"):
        splits.split(index, groups, "paper", seed=0)


def test_a_patient_with_images_of_two_classes_has_no_conflicting_labels() -> None:
    index, duplicate_groups = table(["a"] * 40 + ["b"] * 40, list(range(80)))
    groups = join_patients(duplicate_groups, index.assign(patient=[str(n) for n in (*range(40), *range(40))]))
    split = splits.split(index, groups, "clean", seed=0, duplicate_groups=duplicate_groups)
    assert splits.LEFT_OUT not in set(split["set"])
    assert split.groupby("group")["set"].nunique().max() == 1
    assert split["group"].nunique() == 40
