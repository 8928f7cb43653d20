"""Numbers and names as text."""

import numpy as np

from core.augmentation.draw import Draw
from core.evaluation.results import Interval
from pages.components.shared.text import (
    describe_draw,
    describe_peak,
    escape_markdown,
    format_metric,
    format_percent,
    format_probabilities,
    join,
    shorten,
)


def test_names_and_numbers_as_text() -> None:
    assert escape_markdown("a*b [c](d)\n#e") == "a\\*b \\[c\\](d) \\#e"
    assert [join(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert format_percent(Interval(value=0.5, low=0.25, high=0.75)) == "50.0% (25.0% to 75.0%)"
    assert format_percent(None) == "does not apply"
    assert format_probabilities({"a": 0.25, "b": 0.75}) == "b 75.0%, a 25.0%"
    interval = Interval(value=0.5, low=0.25, high=0.75)
    assert format_metric(interval) == "0.500 (0.250 to 0.750)"
    assert format_metric(None) == "does not apply"
    assert join(["15", "16"], "or") == "15 or 16"


def test_the_strongest_cell_is_described() -> None:
    saliency = np.array([[1, 1], [6, 0]], np.float32)
    assert describe_peak(saliency, "a*b") == (
        "The strongest cell for a\\*b is in row 2 of 2, column 1 of 2: 75% of the total."
    )
    assert describe_peak(np.zeros((2, 2), np.float32), "a") == "No cell raised the score of a."


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert shorten("scan 1.png") == "scan 1.png"
    short = shorten(f"first {'long ' * 20}last.png")
    assert len(short) <= 40
    assert short.startswith("first long")
    assert short.endswith("last.png")


def test_a_draw_in_words_names_what_it_changes() -> None:
    assert describe_draw(Draw()) == "unchanged"
    assert describe_draw(Draw(theta=-3.21, zx=0.9, zy=1.1, flip_horizontal=True, gamma=1.5)) == (
        "rotation -3.2° · zoom x 0.90, y 1.10 · mirrored · gamma 1.50"
    )
    assert describe_draw(Draw(tx=3, shear=0.1)) == "shear +0.10° · shift x +3.0 px, y +0.0 px"
