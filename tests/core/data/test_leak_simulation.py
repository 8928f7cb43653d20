import numpy as np
import pandas as pd
import pytest

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT
from core.data import leak_simulation
from core.serving.catalog import FOLDER


@pytest.fixture(scope="module")
def phantoms() -> pd.DataFrame:
    return open_bundle(FOLDER / "phantom").table(SPLIT)


@pytest.fixture(scope="module")
def images(phantoms) -> leak_simulation.GroupedImages:
    images = phantoms[phantoms["kind"] == "image"]
    return leak_simulation.encode(images.assign(split_group=images["group"]))


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_split_by_group_separates_no_group_and_one_at_random_many(images, share) -> None:
    sizes = np.bincount(images.classes)
    for seed in range(20):
        by_group, at_random = (
            leak_simulation.draw_test_set(images, method, share, np.random.default_rng(seed))
            for method in ("by group", "at random")
        )
        assert not set(images.groups[by_group]) & set(images.groups[~by_group])
        assert set(images.groups[at_random]) & set(images.groups[~at_random])
        # The classes keep their shares: to the image at random, but for what a group may hold by group.
        assert np.abs(np.bincount(images.classes[at_random]) - share * sizes).max() <= 1
        assert np.abs(np.bincount(images.classes[by_group]) - share * sizes).max() <= 8


def test_the_look_up_gains_from_near_duplicates_alone(images) -> None:
    leaking = leak_simulation.simulate(images, "at random", 0.1, 40, seed=1)
    sound = leak_simulation.simulate(images, "by group", 0.1, 40, seed=1)
    assert all(each.leaked == 0 and each.lookup_accuracy == each.majority_accuracy for each in sound)
    assert all(each.leaked > 0 and each.lookup_accuracy > each.majority_accuracy + 0.03 for each in leaking)


def test_the_look_up_repeats_the_label_of_the_near_duplicate() -> None:
    groups = np.array([0, 1, 2, 3, 3])
    images = leak_simulation.GroupedImages(np.array([0, 0, 0, 1, 1]), groups, groups)
    test = np.array([True, False, False, True, False])
    assert leak_simulation.measure(images, test) == leak_simulation.Leak(
        test=2, leaked=1, lookup_accuracy=1.0, majority_accuracy=0.5
    )
    # A near-duplicate with another label misleads it.
    wrong = leak_simulation.GroupedImages(np.array([0, 0, 0, 1, 0]), groups, groups)
    assert leak_simulation.measure(wrong, test).lookup_accuracy == 0.5


def test_a_split_by_group_keeps_images_of_a_patient_together_that_are_no_near_duplicates() -> None:
    # Ten patients with four images each, of which two are near-duplicates.
    images = leak_simulation.encode(
        pd.DataFrame({"group": [0, 0, 1, 2] * 10, "split_group": [0] * 40, "class": ["a", "b"] * 20}).assign(
            group=lambda table: table["group"] + 3 * (np.arange(40) // 4), split_group=np.arange(40) // 4
        )
    )
    for seed in range(20):
        test = leak_simulation.draw_test_set(images, "by group", 0.4, np.random.default_rng(seed))
        assert test.any()
        assert not set(images.split_groups[test]) & set(images.split_groups[~test])
    assert leak_simulation.measure(images, test).leaked == 0
