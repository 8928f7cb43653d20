"""Bars of the predicted probabilities."""

from core.figures import probabilities


def test_bars_say_their_numbers_and_mark_what_is_possible() -> None:
    figure = probabilities.probability_bars(
        {"benign": 0.25, "malignant": 0.75}, possible_from={"benign": 0.3, "malignant": 0.3}
    )
    assert [each.text for each in figure.layout.annotations[:2]] == ["25.0%", "75.0%"]
    assert figure.layout.shapes[0].x0 == 0.3
    assert not probabilities.probability_bars({"benign": 1.0}, possible_from={"benign": 0}).layout.shapes


def test_classes_with_limits_of_their_own_have_a_line_each() -> None:
    limits = {"benign": 0.3, "malignant": 0.1, "normal": 0.0}
    figure = probabilities.probability_bars({"benign": 0.25, "malignant": 0.7, "normal": 0.05}, limits)
    lines = [(shape.x0, shape.x1, shape.y0, shape.y1) for shape in figure.layout.shapes]
    assert lines == [(0.3, 0.3, -0.5, 0.5), (0.1, 0.1, 0.5, 1.5)]


def test_names_that_look_the_same_have_a_bar_each() -> None:
    long = "a" * 60
    figure = probabilities.probability_bars({f"{long}b": 0.25, f"{long}c": 0.5, "<b>x</b>": 0.25})
    assert list(figure.data[0].y) == [0, 1, 2]
    assert figure.layout.yaxis.ticktext == (f"{'a' * 23}…", f"{'a' * 23}…", "&#60;b&#62;x&#60;/b&#62;")
