"""Replay a training epoch by epoch, and lay it beside others and the paper's own."""

import streamlit as st

from core.bundle import history
from core.bundle.manifest import VALIDATION
from core.figures.confusion_matrix import confusion_matrix
from core.figures.learning_curves import Axis, Measure, learning_curves
from core.paper import statements
from pages.components.shared import chart, layout, open_models
from pages.components.shared.text import escape_markdown
from pages.components.training_curves import player, runs

AXES: tuple[Axis, ...] = ("epoch", "time")
WHY_KEPT = {"best": "the best one on validation", "last": "the last one, as its recipe says"}

page = layout.begin(layout.TRAINING_CURVES)
model = layout.model(page)
manifest = model.bundle.manifest
with layout.show_user_errors():
    shown = runs.of(model)
    validation = open_models.table(model, VALIDATION)
last = shown.last_epoch
best = shown.history[shown.history["epoch"] == shown.best_epoch].iloc[0]

st.markdown(
    f"The bundle holds epoch **{shown.best_epoch}** of {last}, {WHY_KEPT[manifest.recipe.keep]}, with a "
    f"validation accuracy of **{best['val_accuracy']:.1%}** and a training accuracy of "
    f"{best['accuracy']:.1%}. Play the training to see how it came there."
)
with layout.show_user_errors():
    compared = [shown, *runs.compared(model, page.offered)]
with st.container(horizontal=True, vertical_alignment="center"):
    axis = st.segmented_control(
        "Along the axis",
        AXES,
        default="epoch",
        required=True,
        key="axis",
        bind="query-params",
    )
    smoothing = st.slider(
        "Smoothing",
        0.0,
        0.95,
        0.0,
        0.05,
        key="smoothing",
        bind="query-params",
        width=220,
        help="Weight of the past in an exponential moving average; the raw curve stays faintly behind.",
    )
    log = st.toggle("Loss on a logarithmic scale", key="log", bind="query-params")

interval = player.buttons(last)


def _chart(measure: Measure, epoch: int) -> None:
    without = [escape_markdown(run.label) for run in compared if not run.has(measure, f"val_{measure}")]
    untimed = [escape_markdown(run.label) for run in compared if axis == "time" and not run.has("seconds")]
    row = shown.history[shown.history["epoch"] == epoch].iloc[0]
    chart.draw(
        learning_curves(
            compared, measure, epoch=epoch, axis=axis, smoothing=smoothing, log=log and measure == "loss"
        ),
        key=measure,
        alt=f"{measure.capitalize()} up to epoch {epoch}: training {row[measure]:.3f}, validation "
        f"{row[f'val_{measure}']:.3f} for {model.label}; all numbers stand in the table below",
    )
    if without:
        st.caption(f"{', '.join(without)} gives no {measure}.")
    if untimed:
        st.caption(f"{', '.join(untimed)} gives no times.")


def _matrix(epoch: int) -> None:
    counts = history.validation_matrix(validation, epoch, manifest.class_names)
    if counts is None:
        st.caption(f"The bundle has no validation answers of epoch {epoch}.")
        return
    st.markdown(f"**What the {counts.sum():,} validation images were called in epoch {epoch}**")
    words = "; ".join(
        f"{true_class}: "
        + ", ".join(f"{count} {name}" for name, count in zip(manifest.class_names, row, strict=True))
        for true_class, row in zip(manifest.class_names, counts.tolist(), strict=True)
    )
    chart.draw(
        confusion_matrix(counts, manifest.class_names),
        key="validation matrix",
        alt=f"Validation confusion matrix of epoch {epoch}. True class and what it was called: {words}",
    )
    st.caption(f"True class and what it was called: {escape_markdown(words)}.")


@st.fragment(run_every=interval)
def _replay() -> None:
    epoch = player.slider(last, interval)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        _chart("accuracy", epoch)
        _chart("loss", epoch)
    with right:
        st.markdown("\n".join(f"- {sentence}" for sentence in history.sentences(shown, epoch)))
        _matrix(epoch)
    layout.remember(layout.TRAINING_CURVES)


_replay()

st.header("The runs in numbers")
st.dataframe(
    history.summary(compared),
    hide_index=True,
    column_config={
        "run": "run",
        "kept_epoch": "kept epoch",
        "accuracy": st.column_config.NumberColumn("training accuracy", format="percent"),
        "val_accuracy": st.column_config.NumberColumn("validation accuracy", format="percent"),
        "gap": st.column_config.NumberColumn("gap at kept epoch", format="percent"),
        "last_gap": st.column_config.NumberColumn("gap at the end", format="percent"),
        "lowest_val_loss": st.column_config.NumberColumn("lowest validation loss", format="%.3f"),
        "seconds": st.column_config.NumberColumn("seconds in all", format="%.0f"),
    },
    alt="A row for each run: kept epoch, its accuracies, the gap between training and validation, time",
)
table = history.long_table(compared)
with st.container(horizontal=True):
    st.download_button(
        "All epochs as CSV",
        table.to_csv(index=False),
        "training-curves.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
with st.expander("All epochs as a table", icon=":material/table:"):
    st.dataframe(table, hide_index=True, alt="One row for each epoch of each run")

with st.expander("What the paper's own numbers give away", icon=":material/menu_book:"):
    sizes = statements.INFERRED_SIZES
    st.markdown(
        f"Choose *{runs.TABLE_3}* above to lay its curve beside this one. The paper keeps epoch "
        f"{statements.BEST_EPOCH}, which has the highest *training* accuracy (tied with epoch 4); by "
        f"validation accuracy it would have been epoch {statements.best_by_validation()}. It gives no "
        f"losses. To four digits, every number in its table is a multiple of 1/{sizes['train']} or "
        f"1/{sizes['validation']}. From that the sizes of its parts can be inferred, and with the test set "
        f"they make up {sum(sizes.values())} files: as many as BUSI has images and segmentation masks "
        "together. So it looks as if masks had been trained and tested on. Its validation images were "
        f"augmented, too. The curve of {escape_markdown(model.label)} therefore measures something else."
    )
    st.dataframe(
        statements.history(),
        hide_index=True,
        column_config={
            "accuracy": st.column_config.NumberColumn("training accuracy", format="%.4f"),
            "val_accuracy": st.column_config.NumberColumn("validation accuracy", format="%.4f"),
        },
        alt="Table 3 of the paper, one row per epoch",
    )
    st.caption(
        f"Source: {statements.CITATION}, Table 3. The sizes are an inference, not a statement of the paper."
    )
