"""Images that are drawn class by class."""

from collections import Counter

from core.data.sample import draw, draw_files


def test_every_round_has_one_of_each_class_in_an_order_that_tells_nothing() -> None:
    classes = ["a"] * 50 + ["b"] * 20 + ["c"] * 20
    drawn = draw(classes, 60)
    assert drawn == draw(classes, 60)
    assert len(set(drawn)) == 60
    names = [classes[position] for position in drawn]
    rounds = [tuple(names[start : start + 3]) for start in range(0, 60, 3)]
    assert all(set(each) == {"a", "b", "c"} for each in rounds)
    assert len(set(rounds)) > 3
    # Not the first files of a class.
    assert sorted(position for position in drawn if position < 50) != list(range(20))


def test_a_small_class_gives_all_it_has() -> None:
    classes = ["a"] * 10 + ["b"]
    assert Counter(classes[position] for position in draw(classes, 6)) == {"a": 5, "b": 1}
    assert sorted(draw(classes, 100)) == list(range(11))
    assert draw([], 5) == []


def test_masks_and_what_does_not_fit_in_are_left_out() -> None:
    sizes = {f"{name}/{number}.png": 10 for name in ("benign", "malignant") for number in range(5)}
    masks = {f"{name}/{number}_mask.png": 1 for name in ("benign", "malignant") for number in range(5)}
    assert sorted(draw_files(sizes | masks, {}, 100, 10**6)) == sorted(sizes)
    assert Counter(file.split("/")[0] for file in draw_files(sizes | masks, {}, 4, 10**6)) == {
        "benign": 2,
        "malignant": 2,
    }
    assert len(draw_files(sizes, {}, 100, 35)) == 3
    assert sorted(draw_files(sizes | {"benign/large.png": 1000}, {}, 100, 100)) == sorted(sizes)


def test_known_classes_come_before_folders_and_what_has_none_is_left_out() -> None:
    sizes = {f"images/{number}.png": 10 for number in range(30)}
    classes = {f"images/{number}.png": "benign" if number < 18 else "malignant" for number in range(20)}
    drawn = draw_files(sizes, classes, 4, 10**6)
    assert Counter(classes[file] for file in drawn) == {"benign": 2, "malignant": 2}
    assert sorted(draw_files(sizes, classes, 100, 10**6)) == sorted(classes)
