"""Figures, the saliency overlay, the paper's numbers, the list of models and the words of the pages."""

import numpy as np
import pandas as pd
import pytest

from core import models, overlay, paper
from core.augmentation import Draw
from core.figures import curves, matrix, probabilities, style
from core.manifest import Interval
from pages.components.words import drawn, in_words, listed, plain, with_interval

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


@pytest.mark.parametrize("colour", style.CLASS_COLOURS)
@pytest.mark.parametrize("background", [LIGHT, DARK])
def test_class_colours_are_visible_on_both_themes(colour, background) -> None:
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


def test_curves_hold_the_history_and_mark_the_best_epoch() -> None:
    history = pd.DataFrame({"epoch": [1, 2, 3], "loss": [3.0, 2, 1], "val_loss": [3.0, 2.5, 2.7]})
    figure = curves.training_curve(history, "loss", title="Loss", marks={2: "best epoch 2"})
    assert [trace.name for trace in figure.data] == ["training", "validation"]
    assert list(figure.data[1].y) == [3.0, 2.5, 2.7]
    assert figure.layout.shapes[0].x0 == 2
    assert figure.layout.annotations[0].text == "best epoch 2"


def test_every_cell_can_be_clicked_and_says_what_it_is() -> None:
    heatmap, points = matrix.confusion_matrix(COUNTS, NAMES).data
    assert [list(cell) for cell in points.customdata] == [
        [row, column] for row in range(3) for column in range(3)
    ]
    for (row, column), x, y, text in zip(points.customdata, points.x, points.y, points.text, strict=True):
        assert (y, x, text) == (NAMES[row], NAMES[column], str(COUNTS[row, column]))
        assert heatmap.z[row][column] == pytest.approx(COUNTS[row, column] / max(COUNTS[row].sum(), 1))
    assert points.marker.opacity == points.selected.marker.opacity == points.unselected.marker.opacity == 0
    assert points.hovertext[5] == "5 of 10 malignant pictures called normal"


def test_shares_are_of_the_row_and_the_chosen_cell_is_framed() -> None:
    figure = matrix.confusion_matrix(COUNTS, NAMES, as_shares=True, cell=(1, 2))
    assert figure.data[1].text[5] == "50%"
    frame = figure.layout.shapes[0]
    assert (frame.x0 + frame.x1) / 2 == pytest.approx(2)
    assert (frame.y0 + frame.y1) / 2 == pytest.approx(1)


def test_the_ink_of_every_cell_is_readable() -> None:
    low, high = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in matrix._MATRIX_COLOURS)
    for share in np.linspace(0, 1, 21):
        cell = "#" + "".join(f"{round(value):02X}" for value in low + share * (high - low))
        assert contrast(matrix._ink(share), cell) >= 3.5


def test_the_overlay_tints_whole_cells_and_nothing_else() -> None:
    picture = np.full((30, 30, 3), 100, np.uint8)
    saliency = np.array([[0, 0, 0], [0, 0, 4], [0, 2, 0]], np.float32)
    drawn_over = overlay.overlay(picture, saliency, strongest=4, opacity=0.5, side=90)
    inside = [
        [drawn_over[30 * row + 10, 30 * column + 10].tolist() for column in range(3)] for row in range(3)
    ]
    assert inside[0][0] == [100, 100, 100]
    assert inside[1][2] == [165, 130, 50]
    assert inside[2][1] == [132, 115, 75]
    cell = drawn_over[31:59, 61:89]
    assert (cell == cell[0, 0]).all()
    assert (overlay.overlay(picture, saliency, strongest=4, opacity=0, side=90) == 100).all()


def test_an_overlay_without_saliency_is_the_picture_with_its_cells() -> None:
    picture = np.full((30, 30, 3), 100, np.uint8)
    empty = np.zeros((3, 3), np.float32)
    assert overlay.overlay(picture, empty, strongest=0, opacity=1, side=90)[15, 15].tolist() == [
        100,
        100,
        100,
    ]
    assert overlay.peak(empty) is None


def test_the_peak_is_counted_from_one() -> None:
    assert overlay.peak(np.array([[1, 1], [6, 0]], np.float32)) == (2, 1, 0.75)


def test_table_3_is_made_of_the_inferred_sizes() -> None:
    table = paper.history()
    for column, part in (("accuracy", "train"), ("val_accuracy", "validation")):
        size = paper.INFERRED_SIZES[part]
        assert (((table[column] * size).round() / size).round(4) == table[column]).all()
    assert sum(paper.INFERRED_SIZES.values()) == sum(paper.BUSI_FILES.values()) == 1578
    assert table["accuracy"].max() == table.loc[paper.BEST_EPOCH - 1, "accuracy"]
    assert paper.best_by_validation() == 10


def test_the_reconstructed_matrix_holds_the_named_errors_and_rounds_to_the_stated_accuracy() -> None:
    matrix = np.array(paper.RECONSTRUCTED_CONFUSION_MATRIX)
    assert matrix.sum() == paper.INFERRED_SIZES["test"]
    for (true_class, predicted), count in paper.NAMED_ERRORS.items():
        assert matrix[paper.CLASSES.index(true_class), paper.CLASSES.index(predicted)] == count
    assert matrix.sum() - np.trace(matrix) == sum(paper.NAMED_ERRORS.values())
    assert round(np.trace(matrix) / matrix.sum(), 2) == paper.TEST_ACCURACY


def test_what_the_paper_is_blamed_for_follows_from_its_numbers() -> None:
    blame = " ".join(inconsistency.found for inconsistency in paper.INCONSISTENCIES)
    sizes = paper.INFERRED_SIZES
    shares = [round(100 * sizes[part] / sum(sizes.values())) for part in ("train", "validation", "test")]
    assert "{}, {} and {}".format(*(sizes[part] for part in ("train", "validation", "test"))) in blame
    assert "are {}, {} and {} %".format(*shares) in blame
    assert f"by validation accuracy epoch {paper.best_by_validation()} is best" in blame
    assert not {"brightness_range", "contrast_range"} & set(paper.AUGMENTATION)
    above = [work for work in paper.EARLIER_WORK if work.accuracy > paper.TEST_ACCURACY]
    assert [f"{100 * work.accuracy:.2f} %" in blame for work in above] == [True]


def test_the_setting_names_folders_and_repositories(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "a").mkdir(parents=True)
    setting = f" {tmp_path}/a , ann/model@v1,, {tmp_path}/b/a,{tmp_path}/a"
    assert models.offered(setting) == {
        "a": f"{tmp_path}/a",
        "ann/model@v1": "ann/model@v1",
        f"{tmp_path}/b/a": f"{tmp_path}/b/a",
    }
    assert models.offered("no model at all") == {"no model at all": "no model at all"}


@pytest.mark.parametrize("setting", [None, "", " , "])
def test_without_a_setting_the_embedded_bundles_are_offered(setting, tmp_path) -> None:
    for name in ("b", "a", "unfinished.partial"):
        (tmp_path / name).mkdir()
    for name in ("b", "a"):
        (tmp_path / name / "bundle.json").touch()
    assert list(models.offered(setting, tmp_path)) == ["a", "b"]


def test_the_first_wish_that_is_on_offer_is_chosen() -> None:
    labels = {"a": "A", "b": "B"}
    assert models.chosen(labels, None, "b") == "b"
    assert models.chosen(labels, "x", "y") == "a"
    assert models.chosen({}, "a") is None


def test_words() -> None:
    assert plain("a*b [c](d)\n#e") == "a\\*b \\[c\\]\\(d\\) \\#e"
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert with_interval(Interval(value=0.5, low=0.25, high=0.75)) == "50.0% (25.0% to 75.0%)"
    assert with_interval(None) == "does not apply"
    assert in_words({"a": 0.25, "b": 0.75}) == "b 75.0%, a 25.0%"


def test_a_draw_in_words_names_what_it_changes() -> None:
    assert drawn(Draw()) == "unchanged"
    assert drawn(Draw(theta=-3.21, zx=0.9, zy=1.1, flip_horizontal=True, gamma=1.5)) == (
        "rotation -3.2° · zoom x 0.90, y 1.10 · mirrored · gamma 1.50"
    )
    assert drawn(Draw(tx=3, shear=0.1)) == "shear +0.10° · shift x +3.0 px, y +0.0 px"
