"""Colours: visible on both themes, apart for colour-blind readers, the same for a class everywhere."""

import numpy as np
import pytest
from contrast import contrast

from core.figures import probabilities, style

NAMES = ("benign", "malignant", "normal")
LIGHT, DARK = "#FFFFFF", "#10161D"  # the backgrounds of .streamlit/config.toml


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
