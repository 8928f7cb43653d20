"""The confusion matrix as a chart."""

import numpy as np
import pytest
from contrast import contrast

from core.evaluation import confusion
from core.figures import confusion_matrix as matrix_figure

COUNTS = np.array([[8, 2, 0], [1, 4, 5], [0, 0, 0]])
NAMES = ("benign", "malignant", "normal")


def test_every_cell_can_be_clicked_and_says_what_it_is() -> None:
    heatmap, points = matrix_figure.confusion_matrix(COUNTS, NAMES).data
    assert [list(cell) for cell in points.customdata] == [
        [row, column] for row in range(3) for column in range(3)
    ]
    for (row, column), x, y, text in zip(points.customdata, points.x, points.y, points.text, strict=True):
        assert (y, x, text) == (row, column, str(COUNTS[row, column]))
        assert heatmap.z[row][column] == pytest.approx(COUNTS[row, column] / max(COUNTS[row].sum(), 1))
    assert points.marker.opacity == points.selected.marker.opacity == points.unselected.marker.opacity == 0
    assert points.hovertext[5] == "5 of 10 malignant images predicted as normal"


def test_shares_are_of_the_row_or_of_the_column_and_none_of_nothing() -> None:
    by_row = matrix_figure.confusion_matrix(COUNTS, NAMES, show="row shares").data[1].text
    assert list(by_row) == ["80%", "20%", "0%", "10%", "40%", "50%", "–", "–", "–"]
    by_column = matrix_figure.confusion_matrix(COUNTS, NAMES, show="column shares").data[1].text
    assert list(by_column) == ["89%", "33%", "0%", "11%", "67%", "100%", "0%", "0%", "0%"]


def test_margins_stand_beside_their_class_and_the_chosen_cell_is_framed() -> None:
    margins = confusion.margins([0] * 10 + [1] * 10, [0] * 8 + [1] * 6 + [2] * 5 + [0], range(20), 3)
    figure = matrix_figure.confusion_matrix(COUNTS, NAMES, margins=margins, cell=(1, 2))
    words = {(note.x, note.y): note.text for note in figure.layout.annotations}
    last = max(x for x, _ in words)
    assert "80%" in words[last, 0]
    assert "–" in words[last, 2]
    assert words[1, last].startswith("<b>67%</b>")
    assert "accuracy" in words[last, last]
    assert list(figure.layout.xaxis.ticktext) == [*NAMES, "recall"]
    (frame,) = figure.layout.shapes
    assert (frame.y0 + frame.y1, frame.x0 + frame.x1) == pytest.approx((2, 4))
    assert not matrix_figure.confusion_matrix(COUNTS, NAMES).layout.shapes


def test_of_a_person_images_without_an_answer_have_a_column_of_their_own() -> None:
    margins = confusion.margins([0, 0, 1], [0, -1, 1], range(3), 3)
    figure = matrix_figure.confusion_matrix(COUNTS, NAMES, margins=margins, unanswered=[2, 0, 1])
    heatmap, points = figure.data
    assert np.shape(heatmap.z) == (3, 4)
    assert heatmap.z[0][3] == pytest.approx(2 / 12)
    assert list(figure.layout.xaxis.ticktext) == [*NAMES, "no answer", "recall"]
    assert figure.layout.xaxis.title.text == "your answer"
    assert list(figure.layout.yaxis.ticktext) == [*NAMES, "precision"]
    assert points.hovertext[3] == "2 of 12 benign images: no answer"
    # Recall stands beyond that column, precision below the classes.
    assert {note.x for note in figure.layout.annotations if note.y == 0} == {figure.layout.xaxis.tickvals[-1]}
    assert len({note.y for note in figure.layout.annotations}) == 4
    whole = matrix_figure.confusion_matrix(COUNTS, NAMES, unanswered=[0, 0, 0])
    assert list(whole.layout.xaxis.ticktext) == list(NAMES)


def test_the_ink_of_every_cell_is_readable() -> None:
    low, high = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in matrix_figure._MATRIX_COLOURS)
    for share in np.linspace(0, 1, 21):
        cell = "#" + "".join(f"{round(value):02X}" for value in low + share * (high - low))
        assert contrast(matrix_figure._ink(share), cell) >= 3.5
