"""The page Training curves: the training replayed epoch by epoch, in charts, numbers and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.bundle import history
from core.bundle.epoch_facts import Fact, describe, describe_kept, epoch_facts
from core.bundle.history import Run
from core.bundle.manifest import HISTORY, VALIDATION
from core.csv_table import to_csv
from core.escape import html
from core.figures import captions
from core.figures.confusion_matrix import confusion_matrix
from core.figures.learning_curves import Measure, learning_curves
from core.figures.style import LEARNING_CURVES_HEIGHT
from core.site import charts
from core.site.files import as_json
from core.site.html_table import html_table
from core.site.shell import TRAINING_CURVES, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from core.bundle.folder import Bundle
    from core.site.classify import Origin
    from core.site.files import Files

CHARTS = "charts/training-curves.json"
CSV = "training-curves.csv"
# Of a longer training these are spread evenly; the CSV file has all.
_MOST_EPOCHS = 200
_MOST_CELLS = 40_000  # of the confusion matrices of all epochs together
_MEASURES: tuple[Measure, ...] = ("accuracy", "loss")
_SPEEDS = (1, 2, 5, 10)
_FIRST_SPEED = 2
_COLUMNS = (
    ("kept_epoch", "kept epoch", "{:.0f}"),
    ("accuracy", "training accuracy", "{:.1%}"),
    ("val_accuracy", "validation accuracy", "{:.1%}"),
    ("gap", "gap", "{:.1%}"),
    ("last_gap", "gap in the last epoch", "{:.1%}"),
    ("lowest_val_loss", "lowest validation loss", "{:.3f}"),
    ("seconds", "training time, s", "{:.0f}"),
)


def files(bundle: Bundle, origin: Origin) -> Files:
    """Return the files of the page.

    Raises:
        BundleError: a table of the bundle cannot be read.
    """
    manifest = bundle.manifest
    run = Run(origin.model, bundle.table(HISTORY), manifest.best_epoch)
    classes = manifest.class_names
    most = min(_MOST_EPOCHS, max(3, _MOST_CELLS // len(classes) ** 2))
    epochs = charts.spread(run.last_epoch, most, [run.best_epoch])
    matrices = _matrices(bundle.table(VALIDATION), epochs, classes)
    said = [_epoch(run, epoch, matrices[epoch]) for epoch in epochs]
    drawn: dict[str, Any] = {
        measure: charts.replay(learning_curves([run], measure, epoch=epoch) for epoch in epochs)
        for measure in _MEASURES
    }
    drawn["matrix"] = _replayed_matrices(matrices, classes)
    content = {"epochs": said, "charts": drawn, "pause_or_play": ["Pause", "Play"]}
    kept = describe_kept(run, manifest.recipe.keep)
    body = _body(run, said, kept)
    return {
        TRAINING_CURVES.file: page(
            TRAINING_CURVES,
            body,
            model=origin.model,
            modules=["curves.js"],
            policy=charts.CHART_POLICY,
        ),
        CHARTS: as_json(content),
        CSV: to_csv(history.long_table([run])).encode(),
    }


_Matrix = tuple[int, str, Any]
"""Number of images, text alternative, and figure of a validation confusion matrix."""


def _matrices(
    validation: pd.DataFrame, epochs: Sequence[int], classes: Sequence[str]
) -> dict[int, _Matrix | None]:
    found: dict[int, _Matrix | None] = {}
    for epoch, rows in {epoch: validation[validation["epoch"] == epoch] for epoch in epochs}.items():
        counts = history.validation_matrix(rows, epoch, classes)
        found[epoch] = (
            None
            if counts is None
            else (
                int(counts.sum()),
                captions.validation_matrix(counts, classes, epoch),
                confusion_matrix(counts, classes).update_layout(height=LEARNING_CURVES_HEIGHT),
            )
        )
    return found


def _replayed_matrices(matrices: dict[int, _Matrix | None], classes: Sequence[str]) -> dict[str, Any]:
    nothing = confusion_matrix([[0] * len(classes)] * len(classes), classes)
    nothing.update_layout(height=LEARNING_CURVES_HEIGHT)
    return charts.replay(nothing if one is None else one[2] for one in matrices.values())


def _epoch(run: Run, epoch: int, matrix: _Matrix | None) -> dict[str, Any]:
    """Return what the page says of an epoch."""
    images, in_words = (None, captions.no_validation(epoch)) if matrix is None else matrix[:2]
    return {
        "epoch": epoch,
        "words": describe(run, epoch),
        "facts": [fact._asdict() for fact in epoch_facts(run, epoch)],
        "alt": {
            **{measure: captions.curve(run, measure, epoch) for measure in _MEASURES},
            "matrix": in_words,
        },
        "matrix": f"Epoch {epoch}",
        "matrix_of": "no validation predictions" if images is None else f"{images:,} validation images",
    }


def _body(run: Run, epochs: list[dict[str, Any]], kept: str) -> str:
    last = epochs[-1]
    curves = "\n".join(
        f"<figure><figcaption><strong>{measure.capitalize()}</strong> · {captions.CURVES}</figcaption>\n"
        f"{charts.place(measure, last['alt'][measure], LEARNING_CURVES_HEIGHT)}</figure>"
        for measure in _MEASURES
    )
    speeds = "".join(
        f"<option{' selected' if speed == _FIRST_SPEED else ''}>{speed}</option>" for speed in _SPEEDS
    )
    shown = {one["epoch"] for one in epochs}
    return f"""\
{charts.head()}
<div class="controls row" id="controls" inert{" hidden" if len(epochs) == 1 else ""}>
<button id="play" aria-keyshortcuts="p">Play</button>
<button id="back" aria-keyshortcuts="b">Back</button>
<button id="next" aria-keyshortcuts="n">Next</button>
<label class="field">Epochs per second <select id="speed">{speeds}</select></label>
<label class="field wide" for="slider">Epoch <output id="epoch">{last["epoch"]}</output>
<input type="range" id="slider" min="0" max="{len(epochs) - 1}" value="{len(epochs) - 1}"></label>
</div>
<div class="three">
{curves}
<figure><figcaption><strong id="matrix-title">{html(last["matrix"])}</strong> ·
<span id="matrix-of">{html(last["matrix_of"])}</span></figcaption>
{charts.place("matrix", last["alt"]["matrix"], LEARNING_CURVES_HEIGHT)}</figure>
</div>
<p id="problem" class="error" role="alert" hidden>The charts cannot be drawn: load the page again. All
numbers are in the table of all epochs.</p>
<div class="tiles">{"".join(map(_tile, [Fact(**fact) for fact in last["facts"]]))}</div>
<p class="caption"><span id="words" role="status">{html(last["words"])}</span> {html(kept)}</p>
<details><summary>What these numbers mean</summary><dl id="explained">
{"".join(f"<dt>{html(fact['name'])}</dt><dd>{html(fact['explanation'])}</dd>" for fact in last["facts"])}
</dl></details>
<h2>The training in numbers</h2>
{_summary(run)}
<p class="row"><a class="button" href="{CSV}" download>All epochs as CSV</a></p>
<details><summary>All epochs as a table</summary>
{_all_epochs(run, shown)}
</details>
<p class="caption keys">Keys: P plays and pauses, B and N go back and on.</p>
"""


def _tile(fact: Fact) -> str:
    return (
        f'<div class="tile"><span class="name">{html(fact.name)}</span><span class="value">{html(fact.value)}'
        f'</span><span class="note">{html(fact.note)}</span></div>'
    )


def _summary(run: Run) -> str:
    row = history.summary([run]).iloc[0]
    cells = [form.format(row[name]) for name, _, form in _COLUMNS]
    header = ["training", *(title for _, title, _ in _COLUMNS)]
    return html_table(header, [[run.label, *cells]], "The training in numbers")


def _all_epochs(run: Run, shown: set[int]) -> str:
    table = run.history[run.history["epoch"].isin(shown)]
    rows = [[_text(value) for value in row] for row in table.itertuples(index=False)]
    return html_table([name.replace("_", " ") for name in table.columns], rows, "One row for each epoch")


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
