"""Text and windows that fill the places they are given."""

import numpy as np
from PIL import Image, ImageDraw

from core.data.outside.drawing import text_block, window


def test_a_text_has_so_many_lines_of_so_many_words() -> None:
    lines = text_block(np.random.default_rng(0), 4, 3).splitlines()
    assert [len(line.split()) for line in lines] == [4, 4, 4]


def test_a_window_leaves_its_inside_empty() -> None:
    screen = Image.new("RGB", (400, 300), "blue")
    left, top, right, bottom = window(ImageDraw.Draw(screen), (10, 10, 390, 290), "title", light=True)
    inside = np.asarray(screen)[top:bottom, left:right]
    assert inside.size
    assert (inside == 255).all()
    assert len(np.unique(np.asarray(screen)[10:top, left:right].reshape(-1, 3), axis=0)) > 3
