"""Colours and sizes of all figures. Backgrounds and fonts are left to the page's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.palette import BLUE, BLUISH_GREEN, REDDISH_PURPLE, VERMILLION

if TYPE_CHECKING:
    from collections.abc import Sequence

NEUTRAL = "#7F7F7F"
# Those with a contrast of at least 3 on white and on near-black.
CLASS_COLOURS = (BLUE, VERMILLION, BLUISH_GREEN, REDDISH_PURPLE, NEUTRAL)
TRAINING_COLOUR, VALIDATION_COLOUR = BLUE, VERMILLION
# Estimates and marks that belong to no class; a contrast of at least 3 on both themes.
ESTIMATE_COLOUR, MARK_COLOUR = "#8B62C9", "#C4527A"
# Runs compared with one another. The first two are also those of the first classes, and of training and
# validation; no chart shows runs and classes together.
RUN_COLOURS = (BLUE, VERMILLION, "#8A6FD1", "#A6761D", "#1B9AAA")
# Visible on both themes; text beside such a line takes the theme's own colour.
MUTED = "#808495"
HEIGHT = 320
# Accuracy, loss and the matrix of the epoch stand side by side in the first screen.
LEARNING_CURVES_HEIGHT = 388
MARGIN = {"l": 8, "r": 8, "t": 40, "b": 8}


def class_colours(class_names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each class, the same on every page; they repeat from the sixth class on."""
    return {name: CLASS_COLOURS[index % len(CLASS_COLOURS)] for index, name in enumerate(class_names)}
