"""Plotly in a page: its script, what it needs of the policy, and figures of core.figures as JSON."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly

from core.escape import html
from core.site.shell import POLICY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import plotly.graph_objects as go

    from core.site.files import Files

# In a folder, so that the service worker fetches its 4.8 MB with the first page that draws.
SCRIPT = "plotly/plotly.min.js"
_PATH = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_GUARD = re.compile(
    rb'document\.getElementById\("([0-9a-f]{64})"\)\)\{var \w+=document\.createElement\("style"\)'
)
# Plotly adds an empty style element, whose rules it writes by script, and writes <b> as a style attribute of
# just these characters. Each is allowed by its hash; any other inline style stays blocked. The cells of a
# heatmap are an image in a data: address.
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_BOLD = "'unsafe-hashes' 'sha256-wkY2X5hecQzbhnFCqvTpwrUJ1f4X8LH5WFjYUzv1wmU='"
CHART_POLICY = POLICY.replace("style-src 'self'", f"style-src 'self' {_EMPTY_STYLE} {_BOLD}").replace(
    "img-src 'self'", "img-src 'self' data:"
)
"""Policy of a page with charts."""


def script() -> Files:
    """Return Plotly's own script, that of the installed version."""
    return {SCRIPT: _PATH}


@cache
def head() -> str:
    """Return HTML that a page with charts begins with: its style, and a guard.

    The guard keeps Plotly from adding the style of maps, which it adds where no element has a certain id, and
    which the policy would block with a note.
    """
    found = _GUARD.search(_PATH.read_bytes())
    guard = f'<template id="{found[1].decode()}"></template>' if found else ""
    return f'<link rel="stylesheet" href="charts.css">{guard}'


def place(name: str, alt: str, height: int) -> str:
    """Return HTML of the place of a chart, whose room is kept until it is drawn.

    Args:
        name: name of the chart, which its script finds it by.
        alt: content of the chart in words.
        height: height, pixels.
    """
    return (
        f'<div class="chart" role="img" data-chart="{name}" data-height="{height}" '
        f'aria-label="{html(alt)}"></div>'
    )


def as_plain(figure: go.Figure) -> dict[str, Any]:
    """Return data and layout of a figure as lists and dictionaries, without the template of Python's Plotly.

    The page has a template of its own, with the colours of its theme.
    """
    layout = {key: value for key, value in figure.layout.to_plotly_json().items() if key != "template"}
    return {"data": [_plain(trace.to_plotly_json()) for trace in figure.data], "layout": _plain(layout)}


def replay(figures: Iterable[go.Figure]) -> dict[str, Any]:
    """Return figures of the same traces as the last one, and what is different in each.

    Returns:
        ``figure``, the last of them, and ``frames``, for each figure its ``layout`` and ``data`` as far as
        they differ: for a trace, ``points`` where it has the first so many points of the last figure's.
    """
    plain = [as_plain(figure) for figure in figures]
    whole = plain[-1]
    frames = []
    for one in plain:
        data = [_difference(trace, full) for trace, full in zip(one["data"], whole["data"], strict=True)]
        frames.append({"data": data, "layout": _changed(one["layout"], whole["layout"])})
    return {"figure": whole, "frames": frames}


def _difference(trace: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    changed = _changed(trace, full)
    if changed.keys() == {"x", "y"}:
        points = len(changed["x"])
        if changed == {"x": full["x"][:points], "y": full["y"][:points]}:
            return {"points": points}
    return changed


def _changed(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: one.get(key) for key in {**other, **one} if one.get(key) != other.get(key)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def spread(count: int, most: int, also: Sequence[int]) -> list[int]:
    """Return numbers from 1 to a count, all or at most so many, spread evenly.

    Args:
        count: last number, at least 1.
        most: most numbers, at least 1 more than those of ``also``.
        also: numbers that are among them.
    """
    if count <= most:
        return list(range(1, count + 1))
    evenly = np.linspace(1, count, most - len(also)).round().astype(int).tolist()
    return sorted({*evenly, *also})
