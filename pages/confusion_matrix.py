"""Which classes are mistaken for which, and the very pictures."""

import numpy as np
import pandas as pd
import streamlit as st

from core.figures import matrix
from core.manifest import TEST_SET
from core.tables import probabilities, probability_columns
from pages.components import frame, models
from pages.components.words import in_words, plain, with_interval

CHART = "matrix"
TRUE, PREDICTED = "true class", "predicted class"
PAGE = 12

drawn = frame.start(frame.CONFUSION_MATRIX)
model = frame.model(drawn)
manifest = model.bundle.manifest
class_names = manifest.class_names
with frame.sentences():
    test_set = models.table(model, TEST_SET)
    thumbnails = models.test_pictures(model)
test_set = test_set.assign(
    predicted_class=[class_names[index] for index in probabilities(test_set, class_names).argmax(axis=1)]
)
counts = pd.crosstab(
    pd.Categorical(test_set["true_class"], class_names),
    pd.Categorical(test_set["predicted_class"], class_names),
    dropna=False,
).to_numpy()


def _take_click() -> None:
    points = st.session_state[CHART]["selection"]["points"]
    if points:
        row, column = points[0]["customdata"]
        st.session_state[TRUE], st.session_state[PREDICTED] = class_names[row], class_names[column]


# The most frequent error is what a visitor wants to see first.
errors = counts * (1 - np.eye(len(class_names), dtype=int))
worst = np.unravel_index(int(errors.argmax()), errors.shape)
for key, index in ((TRUE, worst[0]), (PREDICTED, worst[1])):
    if st.session_state.get(key) not in class_names:
        st.session_state[key] = class_names[int(index)]

right_ones = int(np.trace(counts))
st.markdown(
    f"Of {counts.sum():,} test pictures {right_ones:,} are classified correctly: accuracy "
    f"{with_interval(manifest.metrics.accuracy)}, with the 95 % interval in brackets. "
    "Pick a cell to see its pictures."
)

left, right = st.columns(2, gap="large")
with right:
    show = st.segmented_control(
        "Show", ["Counts", "Row shares"], default="Counts", required=True, key="show", persist_state="session"
    )
    st.selectbox("True class", class_names, key=TRUE, persist_state="session")
    st.selectbox("Predicted class", class_names, key=PREDICTED, persist_state="session")
    row, column = (class_names.index(st.session_state[key]) for key in (TRUE, PREDICTED))
    true_class, predicted_class = class_names[row], class_names[column]
    support = int(counts[row].sum())
    st.markdown(
        f"**{counts[row, column]}** of {support} {plain(true_class)} pictures"
        f" ({matrix.row_shares(counts)[row, column]:.0%}) are called {plain(predicted_class)}."
    )
    metrics = manifest.metrics.per_class[true_class]
    st.markdown(
        f"For {plain(true_class)}: sensitivity {with_interval(metrics.sensitivity)}, specificity "
        f"{with_interval(metrics.specificity)}, precision {with_interval(metrics.precision)}."
    )
with left:
    st.plotly_chart(
        matrix.confusion_matrix(counts, class_names, as_shares=show == "Row shares", cell=(row, column)),
        config={"displayModeBar": False},
        key=CHART,
        on_select=_take_click,
        selection_mode="points",
        alt=f"Confusion matrix of {model.label}; its numbers stand in the table below",
    )
    st.caption("Click a cell, or choose it with the two lists.")
with st.expander("The matrix as a table", icon=":material/table:"):
    table = pd.DataFrame(counts, index=class_names, columns=list(class_names))
    st.dataframe(
        table.rename_axis("true \\ predicted"),
        alt="Counts by true class (rows) and predicted class (columns)",
    )

cell = test_set[(test_set["true_class"] == true_class) & (test_set["predicted_class"] == predicted_class)]
columns = probability_columns(class_names)
cell = cell.sort_values(columns[column], ascending=False)
st.subheader(f"Pictures of {plain(true_class)} called {plain(predicted_class)}")
if cell.empty:
    st.markdown("No test picture fell into this cell.")
    st.stop()
shown = cell[cell["sha256"].isin(list(thumbnails))]
if len(shown) < len(cell):
    st.info(
        f"The bundle leaves out {len(cell) - len(shown)} of these {len(cell)} pictures; their probabilities "
        "are in the table.",
        icon=":material/hide_image:",
    )
else:
    st.caption(f"{len(cell)} picture{'' if len(cell) == 1 else 's'}, the surest first.")
page = 1
if len(shown) > PAGE:
    page = st.pagination(-(-len(shown) // PAGE), key=f"page of {model.key} {row} {column}")
with st.grid("auto", min_column_width=150):
    for entry in shown.iloc[(page - 1) * PAGE : page * PAGE].to_dict("records"):
        words = in_words({name: entry[f"p_{name}"] for name in class_names})
        with st.container():
            st.image(
                thumbnails[entry["sha256"]],
                width="stretch",
                alt=f"Test picture {entry['file']}, {true_class} called {predicted_class}",
            )
            st.caption(f"**{plain(entry['file'])}**: {plain(words)}")
with st.expander("These pictures as a table", icon=":material/table:", expanded=shown.empty):
    st.dataframe(
        cell[["file", "true_class", "predicted_class", *columns]],
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(class_name, format="%.3f")
            for name, class_name in zip(columns, class_names, strict=True)
        },
        alt=f"{len(cell)} test pictures of {true_class} called {predicted_class}",
    )
