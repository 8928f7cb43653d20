"""Lines of the probabilities over the frames of a clip."""

from core.figures.frames import frame_probabilities
from core.figures.style import class_colours

PROBABILITIES = {"benign": [0.9, None, 0.2], "<b>malignant</b>": [0.1, None, 0.8]}


def test_each_class_has_a_line_with_a_gap_and_each_point_leads_to_its_frame() -> None:
    figure = frame_probabilities(PROBABILITIES, chosen=2)
    first, second = figure.data
    assert (first.name, second.name) == ("benign", "&#60;b&#62;malignant&#60;/b&#62;")
    assert [first.line.color, second.line.color] == list(class_colours(list(PROBABILITIES)).values())
    assert first.line.dash != second.line.dash
    assert list(first.x) == [1, 2, 3]
    assert list(first.y) == [0.9, None, 0.2]
    assert [list(one) for one in first.customdata] == [[0, 1], [1, 2], [2, 3]]
    assert figure.layout.shapes[0].x0 == 3


def test_a_long_clip_keeps_its_lines_visible() -> None:
    figure = frame_probabilities({"benign": [0.5] * 600}, chosen=0)
    assert figure.data[0].marker.size < figure.data[0].line.width * 2
    assert tuple(figure.layout.xaxis.range) == (0.5, 600.5)


def test_the_axis_has_seconds_where_they_are_known() -> None:
    figure = frame_probabilities(PROBABILITIES, chosen=1, seconds=[0, 0.5, 2])
    assert list(figure.data[0].x) == [0, 0.5, 2]
    assert [list(one) for one in figure.data[0].customdata] == [[0, 1], [1, 2], [2, 3]]
    axis = figure.layout.xaxis
    assert (axis.title.text, tuple(axis.range)) == ("seconds", (-0.5, 2.5))
    assert axis.unifiedhovertitle.text == "%{x:.2f} s"
    assert [line.hovertemplate for line in figure.data] == ["%{y:.1%}, frame %{customdata[1]}", "%{y:.1%}"]
    assert figure.layout.shapes[0].x0 == 0.5
    assert frame_probabilities(PROBABILITIES, chosen=0).layout.xaxis.title.text == "frame"
