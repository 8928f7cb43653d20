"""The HTML of the page Confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from core.bundle.limitations import NO_OPERATING_POINT
from core.escape import html
from core.figures import captions
from core.figures.confusion_matrix import Show, confusion_matrix
from core.site import charts
from core.site.html_table import html_table

if TYPE_CHECKING:
    from core.bundle.manifest import Manifest
    from core.site.decision_rules import Decided

VIEWS: tuple[Show, ...] = get_args(Show)
_GALLERY = """\
<p class="row"><label><input type="checkbox" id="saliency" checked> Saliency: regions that raised the score
of the predicted class</label></p>
<ul id="images" class="images"></ul>
<p class="row" id="pages"><button id="earlier">Earlier</button> <span id="page"></span>
<button id="later">Later</button></p>"""
_DIALOG = """\
<dialog id="large" aria-labelledby="large-title">
<div class="row"><h2 id="large-title"></h2><button id="close" aria-label="Close">×</button></div>
<div class="image"><img id="large-image" alt=""><img id="large-over" alt="" class="over"></div>
<p id="large-words"></p>
<p class="row"><button id="previous" aria-keyshortcuts="b">Previous</button>
<button id="following" aria-keyshortcuts="n">Next</button> <span id="large-number"></span></p>
</dialog>"""


def body(
    manifest: Manifest, rules: list[Decided], why: str | None, start: tuple[int, int], sections: str
) -> str:
    """Return the HTML of the page below its title.

    Args:
        manifest: manifest of the bundle.
        rules: predictions under each decision rule.
        why: why no images are shown, as a sentence; None where they are.
        start: row and column of the cell that is chosen at first.
        sections: HTML of the sections below.
    """
    names = manifest.class_names
    height = confusion_matrix(rules[0].counts, names, margins=rules[0].margins).layout.height
    numbers = "".join(f"<option>{view}</option>" for view in VIEWS)
    choices = "".join(
        f'<option value="{number}">{html(rule.name)}</option>' for number, rule in enumerate(rules)
    )
    lacking = "" if len(rules) > 1 else f'<p class="caption">{html(NO_OPERATING_POINT)}</p>'
    alt = "Confusion matrix; its numbers are in the table below, and the two lists beside it choose a cell"
    images = f'<p class="caption">{html(why)}</p>' if why else _GALLERY
    return f"""\
{charts.head()}
<div class="controls row">
<label class="field">Decision rule <select id="rule">{choices}</select></label>
<label class="field">Numbers <select id="numbers">{numbers}</select></label>
</div>
<p id="problem" class="error" role="alert" hidden>The matrix cannot be drawn: load the page again. Its
numbers are in the table below.</p>
<div class="two matrix">
<div>
{charts.place("matrix", alt, height)}
{"".join(_summary(manifest, rule, number) for number, rule in enumerate(rules))}
</div>
<section aria-label="Images of a cell">
<div class="row">
{_choice("true-class", "True class", names, start[0])}
<span aria-hidden="true">→</span>
{_choice("predicted-class", "Predicted class", names, start[1])}
</div>
<p id="words" role="status"></p>
{images}
</section>
</div>
{lacking}
{"".join(_table(manifest, rule, number) for number, rule in enumerate(rules))}
{sections}
{"" if why else _DIALOG}
"""


def _choice(name: str, label: str, names: tuple[str, ...], chosen: int) -> str:
    options = "".join(
        f'<option value="{index}"{" selected" if index == chosen else ""}>{html(one)}</option>'
        for index, one in enumerate(names)
    )
    return f'<select id="{name}" aria-label="{label}">{options}</select>'


def _summary(manifest: Manifest, rule: Decided, number: int) -> str:
    """Return how many images are correct, and sensitivity and specificity of the positive class."""
    shares, more = {"Accuracy": rule.margins.accuracy}, ""
    if manifest.positive_class is not None:
        index = manifest.class_names.index(manifest.positive_class)
        shares |= {"Sensitivity": rule.margins.recall[index], "Specificity": rule.margins.specificity[index]}
        more = f" Sensitivity and specificity are those for {html(manifest.positive_class)}."
    written = {"Correct": f"{np.trace(rule.counts):,} of {rule.counts.sum():,}"}
    written |= {
        name: "–" if share is None else f"{share.value:.1%} ({captions.rounded(share)})"
        for name, share in shares.items()
    }
    facts = "".join(
        f"<div><dt>{html(name)}</dt><dd>{html(value)}</dd></div>" for name, value in written.items()
    )
    return f"""\
<div data-rule="{number}"{" hidden" if number else ""}>
<dl class="facts">{facts}</dl>
<p class="caption">Decision rule: {html(rule.words)}. {captions.INTERVALS}{more}</p>
</div>"""


def _table(manifest: Manifest, rule: Decided, number: int) -> str:
    names, margins = manifest.class_names, rule.margins
    rows = [
        [name, *map(str, counts), captions.percent(recall)]
        for name, counts, recall in zip(names, rule.counts.tolist(), margins.recall, strict=True)
    ]
    rows.append(["precision", *map(captions.percent, margins.precision), ""])
    header = ["true class", *(f"predicted {name}" for name in names), "recall"]
    caption = "Counts by true class (rows) and predicted class (columns), with recall and precision"
    return (
        f'<details data-rule="{number}"{" hidden" if number else ""}>'
        f"<summary>The matrix as a table</summary>\n{html_table(header, rows, caption)}</details>"
    )
