"""The near-duplicate groups of an audit as one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from core.data import audit, index
from core.images.encode import thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    import pandas as pd

MAX_IMAGES = 5000  # about 40 MB: what a browser still opens
_SIDE = 180

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8888; --bad: light-dark(#a5131f, #ff9a9a) }}
body {{ font: 1rem/1.45 system-ui, sans-serif; max-width: 80rem; margin: 0 auto; padding: 1rem }}
h1 {{ font-size: 1.5rem }} h2 {{ font-size: 1.05rem; margin: 0 0 .6rem }}
section {{ border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; margin: 0 0 1rem }}
section.conflicting {{ border: 2px solid var(--bad) }} .conflicting h2 {{ color: var(--bad) }}
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
    """Show the images of each near-duplicate group side by side, groups with conflicting labels first.

    Args:
        folder: the data folder.
        table: an audit's table of it.
        name: what the user calls the data.
        progress: called with (groups drawn, groups).

    Returns:
        HTML with the thumbnails inside.
    """
    copies = table[audit.has_flag(table, audit.NEAR_DUPLICATE) & (table["kind"] == "image")]
    opposed = audit.has_flag(copies, audit.CONFLICTING_LABELS)
    groups = [images for part in (copies[opposed], copies[~opposed]) for _, images in part.groupby("group")]
    sections = []
    room = MAX_IMAGES
    for images in groups:
        room -= len(images)
        if room < 0:
            break
        sections.append(_section(folder, images))
        if progress:
            progress(len(sections), len(groups))
    lead = (
        f"{len(copies)} images stand in {len(groups)} groups of near-duplicates. "
        f"{copies.loc[opposed, 'group'].nunique()} groups have conflicting labels; they come first and are "
        "marked. The clean protocol keeps a group in one part and leaves groups with conflicting labels out."
    )
    if len(sections) < len(groups):
        lead += f" {len(groups) - len(sections)} more groups are only in audit.csv."
    title = f"Near-duplicates in {html.escape(name)}"
    return _PAGE.format(title=title, lead=lead, groups="\n".join(sections), side=_SIDE)


def _section(folder: Path, images: pd.DataFrame) -> str:
    conflicting = audit.has_flag(images, audit.CONFLICTING_LABELS).any()
    mark = ' class="conflicting"' if conflicting else ""
    heading = f"Group {images['group'].iloc[0]}" + (": conflicting labels" if conflicting else "")
    figures = "\n".join(_figure(folder, row) for row in images.to_dict("records"))
    return f"<section{mark}><h2>{heading}</h2><div>\n{figures}\n</div></section>"


def _figure(folder: Path, row: dict[Hashable, Any]) -> str:
    pixels = index.read_image(folder / row["file"])
    file, label = html.escape(row["file"]), html.escape(row["class"])
    height, width = pixels.shape[:2]
    # The name may run from right to left; what follows must not.
    caption = f"<b><bdi>{label}</bdi></b><br><bdi>{file}</bdi><br>{width} × {height}"
    if audit.EXACT_DUPLICATE in row["flags"].split(audit.SEPARATOR):
        caption += f", exact copy ({row['sha256'][:6]})"
    source = f"data:image/jpeg;base64,{base64.b64encode(thumbnail(pixels)).decode()}"
    return f'<figure><img src="{source}" alt="{file}"><figcaption>{caption}</figcaption></figure>'
