"""Figures, the saliency overlay, the paper's numbers, the list of models and the words of the pages."""

import numpy as np
import pytest

from core.augmentation.draw import Draw
from core.evaluation import calibration, confusion
from core.evaluation import ranking as evaluation_ranking
from core.evaluation.results import Interval
from core.figures import confusion_matrix as matrix_figure
from core.figures import probabilities, reliability, spread, style
from core.figures.roc import precision_recall, roc
from core.figures.thresholds import tradeoff
from core.inference.overlay import overlay, peak
from core.paper import statements
from core.serving import catalog
from pages.components.shared.text import describe_draw, escape_markdown, in_words, join, with_interval

COUNTS = np.array([[8, 2, 0], [1, 4, 5], [0, 0, 0]])
NAMES = ("benign", "malignant", "normal")
LIGHT, DARK = "#FFFFFF", "#10161D"  # the backgrounds of .streamlit/config.toml


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    "colour",
    sorted({*style.CLASS_COLOURS, *style.RUN_COLOURS, style.ESTIMATE_COLOUR, style.MARK_COLOUR}),
)
@pytest.mark.parametrize("background", [LIGHT, DARK])
def test_colours_are_visible_on_both_themes(colour, background) -> None:
    assert contrast(colour, background) >= 2.9


def test_class_colours_stay_apart_for_red_green_blind_readers() -> None:
    # Viénot, Brettel and Mollon 1999, deuteranopia, on linear RGB.
    simulation = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    seen = [
        simulation @ (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255) ** 2.2
        for colour in style.CLASS_COLOURS[:3]
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(seen[one] - seen[other]).max() > 0.05


def test_a_class_has_its_colour_by_position() -> None:
    colours = style.class_colours(NAMES)
    bars = probabilities.probability_bars({"benign": 0.2, "malignant": 0.7, "normal": 0.1}).data[0]
    assert list(bars.marker.color) == [colours[name] for name in NAMES]
    assert len(style.class_colours([str(i) for i in range(12)])) == 12


def test_bars_say_their_numbers_and_mark_what_is_possible() -> None:
    figure = probabilities.probability_bars({"benign": 0.25, "malignant": 0.75}, possible_from=0.3)
    assert [each.text for each in figure.layout.annotations[:2]] == ["25.0%", "75.0%"]
    assert figure.layout.shapes[0].x0 == 0.3
    assert not probabilities.probability_bars({"benign": 1.0}, possible_from=0).layout.shapes


def test_every_cell_can_be_clicked_and_says_what_it_is() -> None:
    heatmap, points = matrix_figure.confusion_matrix(COUNTS, NAMES).data
    assert [list(cell) for cell in points.customdata] == [
        [row, column] for row in range(3) for column in range(3)
    ]
    for (row, column), x, y, text in zip(points.customdata, points.x, points.y, points.text, strict=True):
        assert (y, x, text) == (row, column, str(COUNTS[row, column]))
        assert heatmap.z[row][column] == pytest.approx(COUNTS[row, column] / max(COUNTS[row].sum(), 1))
    assert points.marker.opacity == points.selected.marker.opacity == points.unselected.marker.opacity == 0
    assert points.hovertext[5] == "5 of 10 malignant images called normal"


def test_shares_are_of_the_row_or_of_the_column_and_none_of_nothing() -> None:
    by_row = matrix_figure.confusion_matrix(COUNTS, NAMES, show="row shares").data[1].text
    assert list(by_row) == ["80%", "20%", "0%", "10%", "40%", "50%", "–", "–", "–"]
    by_column = matrix_figure.confusion_matrix(COUNTS, NAMES, show="column shares").data[1].text
    assert list(by_column) == ["89%", "33%", "0%", "11%", "67%", "100%", "0%", "0%", "0%"]


def test_margins_stand_beside_their_class_and_two_chosen_cells_are_told_apart() -> None:
    margins = confusion.margins([0] * 10 + [1] * 10, [0] * 8 + [1] * 6 + [2] * 5 + [0], range(20), 3)
    figure = matrix_figure.confusion_matrix(COUNTS, NAMES, margins=margins, cells=[(1, 2), (0, 1)])
    words = {(note.x, note.y): note.text for note in figure.layout.annotations}
    last = max(x for x, _ in words)
    assert "80%" in words[last, 0]
    assert "–" in words[last, 2]
    assert words[1, last].startswith("<b>67%</b>")
    assert "accuracy" in words[last, last]
    assert list(figure.layout.xaxis.ticktext) == [*NAMES, "recall"]
    centres = [(frame.y0 + frame.y1, frame.x0 + frame.x1) for frame in figure.layout.shapes]
    assert centres == [pytest.approx((2, 4)), pytest.approx((0, 2))]
    assert figure.layout.shapes[0].line.dash != figure.layout.shapes[1].line.dash
    assert [note.text for note in figure.layout.annotations[:2]] == ["<b>A</b>", "<b>B</b>"]


def test_the_tradeoff_steps_where_the_threshold_does_and_marks_what_it_is_told() -> None:
    table = evaluation_ranking.tradeoff([True, False, True], [0.8, 0.4, 0.4], [1, 2, 3])
    figure = tradeoff(table, "malignant", {"operating point 40%": 0.4}, colour="#D55E00")
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert list(lines["sensitivity"].x) == [0, 0.4, 0.8, 1]
    assert list(lines["sensitivity"].y) == [1, 1, 0.5, 0]
    assert list(lines["specificity"].y) == [0, 0, 1, 1]
    assert lines["sensitivity"].line.shape == "vh"  # what holds up to 0.4 is drawn up to 0.4
    assert lines["sensitivity"].line.dash != lines["specificity"].line.dash
    assert figure.layout.shapes[0].x0 == 0.4
    assert figure.layout.annotations[0].text == "operating point 40%"


def test_ranking_curves_keep_the_classes_colours() -> None:
    is_class, scores = [True, False, True], [0.8, 0.4, 0.4]
    colours = style.class_colours(NAMES)
    for figure in (
        roc(dict.fromkeys(NAMES, evaluation_ranking.roc(is_class, scores))),
        precision_recall(
            dict.fromkeys(NAMES, evaluation_ranking.precision_recall(is_class, scores)),
            dict.fromkeys(NAMES, 0.3),
        ),
    ):
        assert {trace.name: trace.line.color for trace in figure.data} == colours
        assert len({trace.line.dash for trace in figure.data}) == 3


def test_the_reliability_diagram_counts_what_is_in_each_bin() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5], [0.3, 0.7]])
    table = calibration.reliability([0, 1, 0, 1], chances, range(4), bins=5)
    points, bars = reliability.reliability(table).data
    assert list(bars.y) == [1, 2, 1]
    assert list(bars.x) == pytest.approx([0.5, 0.7, 0.9])
    assert list(points.x) == pytest.approx([0.5, 0.75, 0.9])
    assert list(points.y) == [1, 0.5, 1]
    assert list(points.error_y.arrayminus)[2] == pytest.approx(1 - table["accuracy_low"].iloc[4])


def test_the_ink_of_every_cell_is_readable() -> None:
    low, high = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in matrix_figure._MATRIX_COLOURS)
    for share in np.linspace(0, 1, 21):
        cell = "#" + "".join(f"{round(value):02X}" for value in low + share * (high - low))
        assert contrast(matrix_figure._ink(share), cell) >= 3.5


def test_the_overlay_tints_whole_cells_and_nothing_else() -> None:
    image = np.full((30, 30, 3), 100, np.uint8)
    saliency = np.array([[0, 0, 0], [0, 0, 4], [0, 2, 0]], np.float32)
    drawn_over = overlay(image, saliency, strongest=4, opacity=0.5, side=90)
    inside = [
        [drawn_over[30 * row + 10, 30 * column + 10].tolist() for column in range(3)] for row in range(3)
    ]
    assert inside[0][0] == [100, 100, 100]
    assert inside[1][2] == [165, 130, 50]
    assert inside[2][1] == [132, 115, 75]
    cell = drawn_over[31:59, 61:89]
    assert (cell == cell[0, 0]).all()
    assert (overlay(image, saliency, strongest=4, opacity=0, side=90) == 100).all()


def test_below_zero_the_overlay_has_another_hue() -> None:
    image = np.full((20, 20, 3), 100, np.uint8)
    signed = np.array([[4, -4], [0, -2]], np.float32)
    drawn_over = overlay(image, signed, strongest=4, opacity=1, side=80)
    assert drawn_over[20, 20].tolist() == [230, 159, 0]
    assert drawn_over[20, 60].tolist() == [86, 180, 233]
    assert drawn_over[60, 20].tolist() == [100, 100, 100]
    assert drawn_over[60, 60].tolist() == [93, 140, 166]
    assert peak(signed) == (1, 1, 1.0)


def test_strips_hold_every_draw_in_the_colour_of_its_class() -> None:
    draws = [{"benign": 0.2 + share, "malignant": 0.7 - share, "normal": 0.1} for share in (0, 0.1, 0.3)]
    figure = spread.spread_strips(draws, draws[1], NAMES)
    colours = style.class_colours(NAMES)
    for index, name in enumerate(NAMES):
        dots, unchanged = figure.data[2 * index : 2 * index + 2]
        assert list(dots.x) == [draw[name] for draw in draws]
        assert np.abs(np.array(dots.y) - index).max() < 0.5
        assert dots.marker.color == unchanged.marker.color == colours[name]
        assert list(unchanged.x) == [draws[1][name]]
        line = figure.layout.shapes[index]
        assert (line.x0, line.x1) == (min(dots.x), max(dots.x))


def test_an_overlay_without_saliency_is_the_image_with_its_cells() -> None:
    image = np.full((30, 30, 3), 100, np.uint8)
    empty = np.zeros((3, 3), np.float32)
    assert overlay(image, empty, strongest=0, opacity=1, side=90)[15, 15].tolist() == [
        100,
        100,
        100,
    ]
    assert peak(empty) is None


def test_the_peak_is_counted_from_one() -> None:
    assert peak(np.array([[1, 1], [6, 0]], np.float32)) == (2, 1, 0.75)


def test_table_3_is_made_of_the_inferred_sizes() -> None:
    table = statements.history()
    for column, part in (("accuracy", "train"), ("val_accuracy", "validation")):
        size = statements.INFERRED_SIZES[part]
        assert (((table[column] * size).round() / size).round(4) == table[column]).all()
    assert sum(statements.INFERRED_SIZES.values()) == sum(statements.BUSI_FILES.values()) == 1578
    assert table["accuracy"].max() == table.loc[statements.BEST_EPOCH - 1, "accuracy"]
    assert statements.best_by_validation() == 10


def test_the_reconstructed_matrix_holds_the_named_errors_and_rounds_to_the_stated_accuracy() -> None:
    matrix = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    assert matrix.sum() == statements.INFERRED_SIZES["test"]
    for (true_class, predicted), count in statements.NAMED_ERRORS.items():
        assert matrix[statements.CLASSES.index(true_class), statements.CLASSES.index(predicted)] == count
    assert matrix.sum() - np.trace(matrix) == sum(statements.NAMED_ERRORS.values())
    assert round(np.trace(matrix) / matrix.sum(), 2) == statements.TEST_ACCURACY


def test_what_the_paper_is_blamed_for_follows_from_its_numbers() -> None:
    blame = " ".join(inconsistency.found for inconsistency in statements.INCONSISTENCIES)
    sizes = statements.INFERRED_SIZES
    shares = [round(100 * sizes[part] / sum(sizes.values())) for part in ("train", "validation", "test")]
    assert "{}, {} and {}".format(*(sizes[part] for part in ("train", "validation", "test"))) in blame
    assert "are {}, {} and {} %".format(*shares) in blame
    assert f"by validation accuracy epoch {statements.best_by_validation()} is best" in blame
    assert not {"brightness_range", "contrast_range"} & set(statements.AUGMENTATION)
    above = [work for work in statements.EARLIER_WORK if work.accuracy > statements.TEST_ACCURACY]
    assert [f"{100 * work.accuracy:.2f} %" in blame for work in above] == [True]


def test_the_setting_names_folders_and_repositories(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "a").mkdir(parents=True)
    setting = f" {tmp_path}/a , ann/model@v1,, {tmp_path}/b/a,{tmp_path}/a"
    assert catalog.offered(setting) == {
        "a": f"{tmp_path}/a",
        "ann/model@v1": "ann/model@v1",
        f"{tmp_path}/b/a": f"{tmp_path}/b/a",
    }
    assert catalog.offered("no model at all") == {"no model at all": "no model at all"}


@pytest.mark.parametrize("setting", [None, "", " , "])
def test_without_a_setting_the_embedded_bundles_are_offered(setting, tmp_path) -> None:
    for name in ("b", "a", "unfinished.partial"):
        (tmp_path / name).mkdir()
    for name in ("b", "a"):
        (tmp_path / name / "bundle.json").touch()
    assert list(catalog.offered(setting, tmp_path)) == ["a", "b"]


def test_the_first_wish_that_is_on_offer_is_chosen() -> None:
    labels = {"a": "A", "b": "B"}
    assert catalog.chosen(labels, None, "b") == "b"
    assert catalog.chosen(labels, "x", "y") == "a"
    assert catalog.chosen({}, "a") is None


def test_words() -> None:
    assert escape_markdown("a*b [c](d)\n#e") == "a\\*b \\[c\\]\\(d\\) \\#e"
    assert [join(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert with_interval(Interval(value=0.5, low=0.25, high=0.75)) == "50.0% (25.0% to 75.0%)"
    assert with_interval(None) == "does not apply"
    assert in_words({"a": 0.25, "b": 0.75}) == "b 75.0%, a 25.0%"


def test_a_draw_in_words_names_what_it_changes() -> None:
    assert describe_draw(Draw()) == "unchanged"
    assert describe_draw(Draw(theta=-3.21, zx=0.9, zy=1.1, flip_horizontal=True, gamma=1.5)) == (
        "rotation -3.2° · zoom x 0.90, y 1.10 · mirrored · gamma 1.50"
    )
    assert describe_draw(Draw(tx=3, shear=0.1)) == "shear +0.10° · shift x +3.0 px, y +0.0 px"
