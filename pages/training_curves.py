"""Loss and accuracy by epoch, with the paper's own beside them."""

import pandas as pd
import streamlit as st

from core import paper
from core.figures.curves import training_curve
from core.manifest import HISTORY
from pages.components import frame, models
from pages.components.words import plain

drawn = frame.start(frame.TRAINING_CURVES)
model = frame.model(drawn)
manifest = model.bundle.manifest
with frame.sentences():
    history = models.table(model, HISTORY)

best = history[history["epoch"] == manifest.best_epoch].iloc[0]
last = history.iloc[-1]
rates = history["learning_rate"].unique()

st.markdown(
    f"The bundle holds epoch **{manifest.best_epoch}** of {len(history)}: the highest validation accuracy, "
    f"**{best['val_accuracy']:.1%}**, with a training accuracy of {best['accuracy']:.1%}. "
    f"In the last epoch training loss is {last['loss']:.3f} and validation loss {last['val_loss']:.3f}. "
    + (
        f"The learning rate stays at {rates[0]:g}."
        if len(rates) == 1
        else f"The learning rate goes from {rates[0]:g} to {rates[-1]:g}."
    )
)


def _curve(table: pd.DataFrame, measure: str, title: str, best_epoch: int, key: str) -> None:
    row = table[table["epoch"] == best_epoch].iloc[0]
    st.plotly_chart(
        training_curve(table, measure, title=title, marks={best_epoch: f"best epoch {best_epoch}"}),
        config={"displayModeBar": False},
        key=key,
        alt=f"{title}. Best epoch {best_epoch}: training {row[measure]:.3f},"
        f" validation {row[f'val_{measure}']:.3f}",
    )


left, right = st.columns(2, gap="large")
with left:
    _curve(history, "accuracy", f"Accuracy of {model.label}", manifest.best_epoch, "accuracy")
with right:
    _curve(history, "loss", f"Loss of {model.label}", manifest.best_epoch, "loss")
with st.expander("These numbers as a table", icon=":material/table:"):
    st.dataframe(history, hide_index=True, alt=f"Training history of {model.label}, one row per epoch")

st.subheader("The paper's own curve")
published = paper.history()
by_validation = paper.best_by_validation()
left, right = st.columns(2, gap="large")
with left:
    st.plotly_chart(
        training_curve(
            published,
            "accuracy",
            title="Accuracy, Table 3 of the paper",
            marks={paper.BEST_EPOCH: "the paper's best", by_validation: "best by validation"},
        ),
        config={"displayModeBar": False},
        key="paper",
        alt="Accuracy by epoch in Table 3 of the paper; validation falls to 44% in epoch 6 and ends at 90%",
    )
with right:
    st.dataframe(
        published,
        hide_index=True,
        column_config={
            "accuracy": st.column_config.NumberColumn("training accuracy", format="%.4f"),
            "val_accuracy": st.column_config.NumberColumn("validation accuracy", format="%.4f"),
        },
        alt="Table 3 of the paper, one row per epoch",
    )
sizes = paper.INFERRED_SIZES
st.markdown(
    f"The paper keeps epoch {paper.BEST_EPOCH}, which has the highest *training* accuracy (tied with epoch "
    f"4); by validation accuracy it would have been epoch {by_validation}. It gives no losses. To four "
    f"digits, every number in its table is a multiple of 1/{sizes['train']} or 1/{sizes['validation']}. From "
    "that the sizes of its parts can be inferred, and with the test part they make up "
    f"{sum(sizes.values())} files: as many as BUSI has pictures and label masks together. So it looks as if "
    "masks had been trained and tested on. Its validation pictures were augmented, too. The curve of "
    f"{plain(model.label)} therefore measures something else."
)
st.caption(f"Source: {paper.CITATION}, Table 3. The sizes are an inference, not a statement of the paper.")
