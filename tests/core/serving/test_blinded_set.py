"""Blinded sets: the same for a seed everywhere, balanced, one image of a group, none seen in training."""

import numpy as np
import pandas as pd
from bundles import CLASSES, COUNTS

from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import SPLIT, TEST_SET
from core.bundle.tables import read_csv
from core.data.duplicates.fingerprint import fingerprint
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.data.provenance import BUSI
from core.serving import blinded_set
from core.serving.examples import Example, Examples


def made(per_class: dict[str, int], per_group: int = 1) -> pd.DataFrame:
    """Images with hashes that a test can tell."""
    rows = [(f"{name} {number}", name) for name, count in per_class.items() for number in range(count)]
    table = pd.DataFrame(rows, columns=["sha256", "true_class"])
    return table.assign(group=[f"{name} {int(sha.split()[1]) // per_group}" for sha, name in rows])


def scan(label: str, number: int) -> np.ndarray:
    pixels = simulate(label, np.random.default_rng([13, number])).image
    return np.repeat(pixels[..., np.newaxis], 3, axis=2)


def test_every_class_is_as_frequent_as_the_others() -> None:
    images = made({"benign": 60, "malignant": 25, "normal": 10})
    drawn = blinded_set.draw(images, 1, 20)
    assert len(drawn) == 20
    assert sorted(drawn["true_class"].value_counts()) == [6, 7, 7]
    # Where a class has no more, the others fill the set.
    assert blinded_set.draw(images, 1, 40)["true_class"].value_counts().to_dict() == {
        "benign": 15,
        "malignant": 15,
        "normal": 10,
    }
    assert len(blinded_set.draw(images, 1, 200)) == 95


def test_the_order_tells_nothing_of_the_class() -> None:
    images = made({"benign": 10, "malignant": 10})
    orders = [blinded_set.draw(images, seed, 10)["true_class"].tolist() for seed in range(60)]
    # Of 60 sets each place shows a class in 30, give or take 20 (five standard deviations).
    malignant = np.sum(np.array(orders) == "malignant", axis=0)
    assert np.abs(malignant - 30).max() < 20


def test_a_seed_gives_the_same_set_whatever_the_order_of_the_table() -> None:
    images = made({"benign": 30, "malignant": 30})
    drawn = blinded_set.draw(images, 5, 10)
    assert blinded_set.draw(images.iloc[::-1], 5, 10)["sha256"].tolist() == drawn["sha256"].tolist()
    # Written down: another version must not draw another set for a link that was sent.
    assert drawn["sha256"].tolist()[:4] == ["malignant 20", "malignant 21", "malignant 3", "benign 0"]
    other = blinded_set.draw(images, 6, 10)
    assert other["sha256"].tolist() != drawn["sha256"].tolist()
    assert blinded_set.name(drawn, "model") == blinded_set.name(drawn.copy(), "model")
    names = [blinded_set.name(*each) for each in ((drawn, "model"), (drawn, "other"), (other, "model"))]
    assert len(set(names)) == 3
    assert all(len(name) == blinded_set.DIGITS for name in names)


def test_of_a_group_there_is_one_image() -> None:
    images = made({"benign": 60, "malignant": 60}, per_group=6)
    for seed in range(5):
        drawn = blinded_set.draw(images, seed, 40)
        assert len(drawn) == 20
        assert drawn["group"].is_unique


def test_the_test_images_that_can_be_shown_come_with_their_predictions(bundle) -> None:
    opened = open_bundle(bundle)
    stored = opened.table(TEST_SET)
    some = blinded_set.of_test_set(opened, stored["sha256"][:5])
    assert some["sha256"].tolist() == stored["sha256"][:5].tolist()
    assert {f"p_{name}" for name in CLASSES} < set(some.columns)
    everything = blinded_set.of_test_set(opened, opened.test_images())
    assert everything["true_class"].value_counts().to_dict() == dict.fromkeys(CLASSES, COUNTS["test"])


def test_of_other_images_none_was_seen_in_training_and_near_duplicates_are_one_group(bundle) -> None:
    seen, duplicate = scan("benign", 0), scan("malignant", 1)
    pixels = [seen, seen[::2, ::2], duplicate, duplicate[4:, 4:], scan("normal", 2), scan("benign", 3)]
    split = read_csv(bundle / SPLIT)
    row = split.index[(split["set"] == "train") & (split["kind"] == "image")][0]
    split.loc[row, ["sha256", "fingerprint"]] = (pixel_hash(seen), fingerprint(seen))
    split.to_csv(bundle / SPLIT, index=False)
    write_manifest(bundle, **read_manifest(bundle).model_dump(exclude={"files", "schema_version"}))
    images = [Example(pixel_hash(one), "benign", lambda one=one: one) for one in pixels]
    gone = Example("0" * 64, "benign", lambda: None)
    found = blinded_set.of_examples(open_bundle(bundle), Examples((*images, gone), BUSI, tested=False))
    assert found["sha256"].tolist() == [one.sha256 for one in images[2:]]
    assert found["group"].tolist() == [0, 0, 1, 2]
    assert len(blinded_set.draw(found, 1, 20)) == 3
