"""Server time of a rerun after a visitor moves a slider."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from visit import PAGES, arrive

from core.inference.onnx_graph import Graph, Outputs

REPEATS = 5


def run() -> list[tuple[str, float, str]]:
    """Move every slider of every page back and forth, and report the slowest of each page, in milliseconds.

    The best of five runs counts, without the time that the network itself takes. Streamlit's test client
    runs the page's script as the server does, and takes a few milliseconds of its own.
    """
    os.environ.pop("MODEL", None)
    # Outside a server Streamlit says at every turn that there is none.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").disabled = True
    spent = [0.0]
    answer = Graph.run

    def timed(self: Graph, *arguments: Any) -> Outputs:
        began = time.perf_counter()
        try:
            return answer(self, *arguments)
        finally:
            spent[0] += time.perf_counter() - began

    Graph.run = timed  # type: ignore[method-assign]
    try:
        return [row for page in PAGES if (row := _slowest(page, spent)) is not None]
    finally:
        Graph.run = answer  # type: ignore[method-assign]


def _slowest(page: str, spent: list[float]) -> tuple[str, float, str] | None:
    app = arrive().run()
    app.switch_page(page).run()
    for button in [button for button in app.button if button.label == "Simulated 1"]:
        button.click().run()
    times = {}
    for number, slider in enumerate(app.slider):
        values = (slider.value, _moved(slider))
        costs = []
        for repeat in range(2 * REPEATS):
            app.slider[number].set_value(values[(repeat + 1) % 2])
            began, inferred = time.perf_counter(), spent[0]
            app.run()
            costs.append(time.perf_counter() - began - (spent[0] - inferred))
        times[slider.label] = 1000 * min(costs)
    if not times:
        return None
    label = max(times, key=times.__getitem__)
    return (
        f"ms of server time for the slowest of {len(times)} sliders of {page}, {label!r}",
        times[label],
        "≤ 150",
    )


def _moved(slider: Any) -> Any:
    """Another value of the slider, one step away."""
    step = slider.step or 1
    if isinstance(slider.value, list | tuple):
        low, high = slider.value
        return (low, high - step) if high - step >= low else (low, high + step)
    return slider.value - step if slider.value - step >= slider.min else slider.value + step
