"""Small figures for cards: an SVG file as an address, with as many shapes as values."""

from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

from core.figures import previews
from core.figures.style import CLASS_COLOURS


def shapes(url: str, tag: str) -> list[dict[str, str]]:
    """The attributes of the shapes of a kind."""
    start, _, file = unquote(url).partition(",")
    assert start == "data:image/svg+xml"
    # Our own file, not a stranger's.
    return [dict(node.attrib) for node in ET.fromstring(file).iter(f"{{http://www.w3.org/2000/svg}}{tag}")]  # noqa: S314


def test_one_bar_for_each_class_in_its_colour() -> None:
    bars = shapes(previews.probabilities({"a": 0.5, "b": 0.25, "c": 0.0}), "rect")
    assert [bar["fill"] for bar in bars] == list(CLASS_COLOURS[:3])
    widths = [float(bar["width"]) for bar in bars]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert widths[2] == 1  # a class that has no probability has a place all the same


def test_two_curves_that_rise_to_the_upper_edge() -> None:
    training, _ = shapes(previews.curves([0, 0.5, 1], [0, 0, 0]), "polyline")
    assert training["points"] == "14.0,86.0 50.0,50.0 86.0,14.0"
    (one, _) = shapes(previews.curves([0.5], [0.5]), "polyline")
    assert one["points"] == "14.0,50.0"


def test_a_cell_is_as_opaque_as_its_share_of_the_true_class() -> None:
    cells = shapes(previews.matrix([[3, 1], [0, 0]]), "rect")
    assert [cell["fill-opacity"] for cell in cells] == ["0.79", "0.36", "0.15", "0.15"]


def test_intervals_around_their_estimates_and_the_reported_value() -> None:
    url = previews.intervals([(0.75, 0.5, 1), (0.6, 0.55, 0.7)], 0.9)
    reported, first, _ = shapes(url, "line")
    assert (reported["x1"], reported["stroke-dasharray"]) == ("71.6", "4")
    assert (first["x1"], first["x2"]) == ("14.0", "86.0")
    assert [dot["cx"] for dot in shapes(url, "circle")] == ["50.0", "28.4"]


def test_an_image_lies_behind_a_question_mark() -> None:
    url = previews.question("data:image/png;base64,AAAA")
    (image,) = shapes(url, "image")
    assert image["href"] == "data:image/png;base64,AAAA"
    assert len(shapes(url, "text")) == 1
