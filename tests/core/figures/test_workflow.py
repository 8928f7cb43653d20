"""The drawing of the workflow."""

from core.figures.workflow import STEPS, describe, workflow

# Pixels that a letter of size 12 takes on average, and the width of a box on a screen of 390.
LETTER, BOX = 6.2, 160


def test_the_drawing_fits_a_narrow_screen_and_says_all_describe() -> None:
    for step in STEPS:
        assert max(len(line) for line in (step.title, *step.lines)) * LETTER <= BOX
        assert all(line in describe() for line in step.lines)
    # Between two boxes there is an arrow, and each starts at the border of the one before.
    arrows = [each for each in workflow().layout.annotations if each.showarrow]
    assert len(arrows) == len(STEPS) - 1
    boxes = workflow().layout.shapes
    for arrow, before, after in zip(arrows, boxes, boxes[1:], strict=False):
        for x, y, box in ((arrow.ax, arrow.ay, before), (arrow.x, arrow.y, after)):
            assert box.x0 - 1e-9 <= x <= box.x1 + 1e-9
            assert box.y0 - 1e-9 <= y <= box.y1 + 1e-9
