"""The near-duplicate groups of an audit as one self-contained HTML page."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from core.data import audit
from core.data.image_facts import read_image
from core.images.encode import thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import pandas as pd

    from core.data.data_set import ImageFolders

MAX_IMAGES = 5000  # about 40 MB, which browsers still open
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
    folders: ImageFolders, table: pd.DataFrame, name: str, progress: Callable[[int, int], None] | None = None
) -> str:
    """Return an HTML page with the images of each near-duplicate group, conflicting labels first.

    Args:
        folders: folders of the data.
        table: table of the folder's audit.
        name: name of the data for the title.
        progress: called with the number of groups drawn and of all groups.

    Returns:
        HTML with embedded thumbnails.
    """
    images = table[audit.has_flag(table, audit.NEAR_DUPLICATE) & (table["kind"] == "image")]
    conflicting = audit.has_flag(images, audit.CONFLICTING_LABELS)
    subsets = (images[conflicting], images[~conflicting])
    groups = (group for subset in subsets for _, group in subset.groupby("group"))
    count = sum(subset["group"].nunique() for subset in subsets)
    sections: list[str] = []
    room = MAX_IMAGES
    for group in groups:
        room -= len(group)
        if room < 0:
            break
        sections.append(_section(folders, group))
        if progress:
            progress(len(sections), count)
    lead = (
        f"{len(images)} images are in {count} near-duplicate groups. "
        f"{_count_conflicting(images.loc[conflicting, 'group'].nunique())} conflicting labels; they come "
        "first and are marked. The clean protocol keeps each group in one set and leaves out groups with "
        "conflicting labels."
    )
    if len(sections) < count:
        lead += f" {count - len(sections)} more groups are listed in audit.csv only."
    title = f"Near-duplicates in {html.escape(name)}"
    return _PAGE.format(title=title, lead=lead, groups="\n".join(sections), side=_SIDE)


def _section(folders: ImageFolders, images: pd.DataFrame) -> str:
    conflicting = audit.has_flag(images, audit.CONFLICTING_LABELS).any()
    mark = ' class="conflicting"' if conflicting else ""
    heading = f"Group {images['group'].iloc[0]}" + (": conflicting labels" if conflicting else "")
    figures = "\n".join(_figure(folders, row) for row in images.to_dict("records"))
    return f"<section{mark}><h2>{heading}</h2><div>\n{figures}\n</div></section>"


def _figure(folders: ImageFolders, row: dict[Hashable, Any]) -> str:
    pixels = read_image(folders.path(row["file"]))
    file, label = html.escape(row["file"]), html.escape(row["class"])
    height, width = pixels.shape[:2]
    # A name may be written from right to left; <bdi> isolates it from the rest.
    caption = f"<b><bdi>{label}</bdi></b><br><bdi>{file}</bdi><br>{width} × {height}"
    if audit.EXACT_DUPLICATE in row["flags"].split(audit.SEPARATOR):
        caption += f", exact duplicate ({row['sha256'][:6]})"
    source = f"data:image/jpeg;base64,{base64.b64encode(thumbnail(pixels)).decode()}"
    return f'<figure><img src="{source}" alt="{file}"><figcaption>{caption}</figcaption></figure>'


def _count_conflicting(count: int) -> str:
    return "1 group has" if count == 1 else f"{count or 'No'} groups have"
