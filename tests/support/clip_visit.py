"""Visits to Classify with clips."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from clips import sweep, video
from visit import cards

from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest
    from streamlit.testing.v1.element_tree import SelectSlider

FRAMES = sweep(8)
LOOP = video([0 * FRAMES[0], *FRAMES])


def send_all(app: AppTest, files: dict[str, bytes]) -> None:
    app.file_uploader[0].set_value([(name, data, "") for name, data in files.items()]).run()
    assert not app.exception


def chart(app: AppTest) -> dict:
    """The chart of the frames, with its text for screen readers."""
    (shown,) = [one.proto for one in app.get("plotly_chart") if one.proto.id.endswith(f"-{Key.FRAME_CHART}")]
    return {**json.loads(shown.spec), "alt": shown.alt}


def picker(app: AppTest) -> SelectSlider:
    """The slider among the frames."""
    (shown,) = app.select_slider
    return shown


def opened(app: AppTest) -> str:
    """What is said of the image that is shown large."""
    return cards(app, Key.LARGE_IMAGE)[0]["alt"]
