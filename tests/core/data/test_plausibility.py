"""Near-duplicate groups that look wrong, and the sentences on them."""

import numpy as np
import pandas as pd
import pytest
from reading import indexed

from core.data.groups import assign_groups
from core.data.phantom.dataset import write_dataset
from core.data.plausibility import ImplausibleGroups, Plausibility, check_groups

PLAUSIBLE = Plausibility(None, ())


def table(groups: list[int], classes: list[str] | None = None) -> pd.DataFrame:
    count = len(groups)
    files = [f"{number}.png" for number in range(count)]
    return pd.DataFrame({"file": files, "class": classes or "a", "kind": "image", "group": groups})


def alone(count: int) -> list[int]:
    """Images without a near-duplicate; their groups are numbered from 100 on."""
    return list(range(100, 100 + count))


def test_a_group_of_a_tenth_of_the_images_is_named_with_files_causes_and_what_to_do() -> None:
    assert check_groups(table([0] * 9 + alone(91))) == PLAUSIBLE
    numbers, (warning,) = check_groups(table([0] * 10 + alone(90)))
    assert numbers == ImplausibleGroups(images=100, large_group=10, conflicting=0, duplicates=0)
    assert warning.startswith(
        "One near-duplicate group holds 10 of 100 images: '0.png', '1.png', '2.png' and 7 more. Usual"
    )
    for words in ("a frame or text that all images share", "--groups", "audit --output DIR"):
        assert words in warning


def test_a_small_group_is_plausible_even_where_it_is_a_tenth() -> None:
    assert check_groups(table([0] * 7 + alone(23))) == PLAUSIBLE
    assert check_groups(table([0] * 8 + alone(22))).implausible is not None


def test_a_fifth_of_the_images_in_conflict_is_named() -> None:
    def conflicting(pairs: int) -> pd.DataFrame:
        groups = [*np.repeat(np.arange(pairs), 2), *alone(40 - 2 * pairs)]
        return table(groups, ["a", "b"] * pairs + ["a"] * (40 - 2 * pairs))

    assert check_groups(conflicting(3)) == PLAUSIBLE
    numbers, (warning,) = check_groups(conflicting(4))
    assert numbers == ImplausibleGroups(images=40, large_group=0, conflicting=8, duplicates=0)
    assert warning.startswith("8 of 40 images have a near-duplicate of another class: '0.png', '1.png'")
    assert "the same images in two class folders" in warning


def test_two_thirds_with_a_near_duplicate_are_named_where_nothing_else_is() -> None:
    pairs = [*np.repeat(np.arange(10), 2)]
    assert check_groups(table([*pairs, *alone(11)])) == PLAUSIBLE
    numbers, (warning,) = check_groups(table([*pairs, *alone(10)]))
    assert numbers == ImplausibleGroups(images=30, large_group=0, conflicting=0, duplicates=20)
    assert "augmented images beside their originals" in warning
    numbers, warnings = check_groups(table([0] * 30, ["a", "b"] * 15))
    assert numbers == ImplausibleGroups(images=30, large_group=30, conflicting=30, duplicates=0)
    assert len(warnings) == 2
    assert [warning.count("audit --output") for warning in warnings] == [0, 1]


@pytest.mark.parametrize("count", [0, 19])
def test_a_small_data_set_is_not_judged(count: int) -> None:
    assert check_groups(table([0] * count)) == PLAUSIBLE
    masks = pd.concat([table([0] * count), table([0] * 20).assign(kind="mask")])
    assert check_groups(masks) == PLAUSIBLE


def test_more_than_a_million_images_are_judged() -> None:
    numbers, _ = check_groups(table([0] * 1_000_001))
    assert numbers.large_group == 1_000_001


def test_phantoms_are_plausible(tmp_path) -> None:
    write_dataset(tmp_path, counts={"benign": 14, "malignant": 14, "normal": 12})
    index = indexed(tmp_path)
    assert check_groups(index.assign(group=assign_groups(index))) == PLAUSIBLE


@pytest.mark.slow
@pytest.mark.busi
def test_busi_is_plausible(busi) -> None:
    index = indexed(busi)
    assert check_groups(index.assign(group=assign_groups(index))) == PLAUSIBLE
