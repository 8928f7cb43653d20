"""The pages inside one checkout, under Streamlit's test client: first run, and reruns after a slider."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

HOME, CLASSIFY = "streamlit_app.py", "pages/classify.py"
FIRST_RUNS, MOVES = 2, 4


def main(images: Path) -> dict[str, float]:
    """Return seconds by row name, the fastest of several. The working directory is the checkout."""
    # Outside a server Streamlit says at every turn that there is none.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    rows = {}
    for page in [HOME, *sorted(map(str, Path("pages").glob("*.py")))]:
        opened = [_open(page) for _ in range(FIRST_RUNS)]
        rows[f"{page}: first run, s"] = min(seconds for _, seconds in opened)
        app = opened[-1][0]
        if page == CLASSIFY:
            image = (images / "benign" / "benign (1).png").read_bytes()
            app.file_uploader[0].upload("x.png", image)
            rows[f"{page}: uploaded image, s"] = _run(app)
        if app.slider:
            costs = [_move(app, number) for number in range(len(app.slider))]
            rows[f"{page}: rerun after the slowest slider, s"] = max(costs)
        else:
            rows[f"{page}: rerun, s"] = min(_run(app) for _ in range(MOVES))
    return rows


def _open(page: str) -> tuple[AppTest, float]:
    """Return a new session on a page, and the seconds of the page's first run without any cache."""
    app = AppTest.from_file(str(Path(HOME).resolve()), default_timeout=120)
    if page != HOME:
        _run(app)
        app.switch_page(page)
    st.cache_data.clear()
    st.cache_resource.clear()
    return app, _run(app)


def _move(app: AppTest, number: int) -> float:
    """Move a slider back and forth; return the seconds of its fastest rerun."""
    slider = app.slider[number]
    values = (slider.value, _next(slider))
    costs = []
    for move in range(MOVES):
        app.slider[number].set_value(values[(move + 1) % 2])
        costs.append(_run(app))
    return min(costs)


def _run(app: AppTest) -> float:
    start = time.perf_counter()
    app.run()
    seconds = time.perf_counter() - start
    if app.exception:
        raise RuntimeError(app.exception)
    return seconds


def _next(slider: Any) -> Any:
    """Return another value of the slider, one step away."""
    step = slider.step or 1
    if isinstance(slider.value, list | tuple):
        low, high = slider.value
        return (low, high - step) if high - step >= low else (low, high + step)
    return slider.value - step if slider.value - step >= slider.min else slider.value + step


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201
