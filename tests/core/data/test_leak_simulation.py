"""Groups of near-duplicates and what a split does to them."""

import numpy as np
import pandas as pd
import pytest

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.data import leak_simulation
from core.data.audit import audit
from core.data.groups import count_by_class, groups_of
from core.data.phantom.dataset import write_dataset
from core.serving.catalog import FOLDER


@pytest.fixture(scope="module")
def phantoms() -> pd.DataFrame:
    return open_bundle(FOLDER / "phantom").table(SPLIT)


@pytest.fixture(scope="module")
def images(phantoms) -> leak_simulation.Labelled:
    return leak_simulation.labelled(phantoms[phantoms["kind"] == "image"])


def table(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    files = pd.DataFrame(rows, columns=["file", "class", "kind", "group"])
    return files.assign(sha256=[file.rstrip("'") for file in files["file"]])


def test_groups_are_listed_with_what_is_wrong_about_them() -> None:
    files = table(
        ("a", "benign", "image", 1),
        ("a'", "benign", "image", 1),
        ("b", "benign", "image", 2),
        ("c", "malignant", "image", 2),
        ("d", "normal", "image", 3),
        ("d mask", "normal", "mask", 3),
    )
    groups = groups_of(files)
    assert groups["group"].tolist() == [2, 1]
    assert groups["conflicting"].tolist() == [True, False]
    assert groups["exact"].tolist() == [False, True]
    assert count_by_class(files).to_numpy().tolist() == [
        ["benign", 3, 0, 3, 1],
        ["malignant", 1, 0, 1, 1],
        ["normal", 1, 1, 0, 0],
        ["all", 5, 1, 4, 2],
    ]


def test_an_audit_can_be_looked_at_the_same_way(tmp_path) -> None:
    write_dataset(tmp_path, counts={"benign": 5, "malignant": 5})
    found = audit(tmp_path)
    row = count_by_class(found.table).iloc[-1]
    whole = found.summary.iloc[-1]
    assert row["with a copy"] == whole["near-duplicate"] > 0
    assert row["conflicting"] == whole["conflicting labels"] == 4
    assert (row["images"], row["masks"]) == (whole["images"], whole["masks"])


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_split_by_group_parts_no_group_and_one_at_random_parts_many(images, share) -> None:
    sizes = np.bincount(images.classes)
    for seed in range(20):
        by_group, at_random = (
            leak_simulation.draw_test_part(images, way, share, np.random.default_rng(seed))
            for way in ("by group", "at random")
        )
        assert not set(images.groups[by_group]) & set(images.groups[~by_group])
        assert set(images.groups[at_random]) & set(images.groups[~at_random])
        # The classes keep their shares: to the image at random, but for what a group may hold by group.
        assert np.abs(np.bincount(images.classes[at_random]) - share * sizes).max() <= 1
        assert np.abs(np.bincount(images.classes[by_group]) - share * sizes).max() <= 8


def test_the_look_up_lives_on_copies_alone(images) -> None:
    leaking = leak_simulation.outcomes(images, "at random", 0.1, 40, seed=1)
    sound = leak_simulation.outcomes(images, "by group", 0.1, 40, seed=1)
    assert all(each.copied == 0 and each.recalled == each.guessed for each in sound)
    assert all(each.copied > 0 and each.recalled > each.guessed + 0.03 for each in leaking)


def test_the_look_up_repeats_the_label_of_the_copy() -> None:
    images = leak_simulation.Labelled(np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 3, 3]))
    test = np.array([True, False, False, True, False])
    assert leak_simulation.outcome(images, test) == leak_simulation.Outcome(
        test=2, copied=1, recalled=1.0, guessed=0.5
    )
    # A conflicting copy leads it astray.
    wrong = leak_simulation.Labelled(np.array([0, 0, 0, 1, 0]), np.array([0, 1, 2, 3, 3]))
    assert leak_simulation.outcome(wrong, test).recalled == 0.5
