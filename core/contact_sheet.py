"""The near-copy groups of an audit as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

from PIL import Image

from core import audit, dataset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MAX_IMAGES = 5000  # about 40 MB: what a browser still opens
_SIDE = 180

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8888; --bad: light-dark(#a5131f, #ff9a9a) }}
body {{ font: 1rem/1.45 system-ui, sans-serif; max-width: 80rem; margin: 0 auto; padding: 1rem }}
h1 {{ font-size: 1.5rem }} h2 {{ font-size: 1.05rem; margin: 0 0 .6rem }}
section {{ border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; margin: 0 0 1rem }}
section.contradictory {{ border: 2px solid var(--bad) }} .contradictory h2 {{ color: var(--bad) }}
div {{ display: flex; flex-wrap: wrap; gap: .9rem }}
figure {{ margin: 0; width: {side}px }} figcaption {{ font-size: .85rem; overflow-wrap: anywhere }}
img {{ display: block; max-width: 100% }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{lead}</p>
{groups}
</body>
</html>
"""


def contact_sheet(
    folder: Path, table: pd.DataFrame, name: str, progress: Callable[[int, int], None] | None = None
) -> str:
    """Show the images of each near-copy group side by side, groups with contradictory labels first.

    Args:
        folder: the data folder.
        table: an audit's table of it.
        name: what the user calls the data.
        progress: called with (groups drawn, groups).

    Returns:
        HTML with the thumbnails inside.
    """
    copies = table[audit.has_flag(table, audit.NEAR_COPY) & (table["kind"] == "image")]
    opposed = audit.has_flag(copies, audit.CONTRADICTORY)
    order = copies.assign(last=~opposed).sort_values(["last", "group"], kind="stable")
    shown = order[order.groupby(["last", "group"]).ngroup().map(_fits(order))] if len(order) else order
    groups = list(shown.groupby(["last", "group"], sort=True))
    parts = []
    for (_, number), images in groups:
        parts.append(_section(folder, int(number), images))
        if progress:
            progress(len(parts), len(groups))
    count, bad = copies["group"].nunique(), copies.loc[opposed, "group"].nunique()
    lead = (
        f"{len(copies)} images stand in {count} group(s) of near-copies. {bad} group(s) have contradictory "
        "labels; they come first and are marked. The clean protocol keeps each group in one part and leaves "
        "contradictory groups out."
    )
    if len(parts) < count:
        lead += f" {count - len(parts)} groups more are only in audit.csv."
    title = f"Near-copies in {html.escape(name)}"
    return _PAGE.format(title=title, lead=lead, groups="\n".join(parts), side=_SIDE)
