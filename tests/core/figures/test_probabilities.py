"""Bars of the predicted probabilities."""

from core.figures import probabilities


def test_bars_say_their_numbers_and_mark_what_is_possible() -> None:
    figure = probabilities.probability_bars({"benign": 0.25, "malignant": 0.75}, possible_from=0.3)
    assert [each.text for each in figure.layout.annotations[:2]] == ["25.0%", "75.0%"]
    assert figure.layout.shapes[0].x0 == 0.3
    assert not probabilities.probability_bars({"benign": 1.0}, possible_from=0).layout.shapes
