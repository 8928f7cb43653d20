"""Upload images; see probabilities, what moved them, and when not to believe them."""

import pandas as pd
import streamlit as st

from core.evaluation.predictions import probability_columns
from core.inference.prediction_table import rows, to_csv, to_json
from core.serving import routing
from pages.components.classify import explanation, intake, robustness, verdict
from pages.components.classify.answers import answers, origin
from pages.components.shared import layout, model_choice
from pages.components.shared.images import choose, images
from pages.components.shared.text import escape_markdown

page = layout.begin(layout.CLASSIFY)
model = layout.model(page, with_network=True)
manifest = model.bundle.manifest
class_names = manifest.class_names

intake.draw()
image = choose()
if image is None:
    turns = model_choice.turns(page.offered)
    st.info(
        "Upload one or several images, or simulate one, to see what the model says."
        + (f" {turns}" if turns else ""),
        icon=":material/arrow_upward:",
    )
    st.stop()

with layout.show_user_errors():
    answered = answers(model)
answer = next(one for one in answered if one.sha256 == image.sha256)
prediction = answer.prediction

st.subheader(f"Most probable: {escape_markdown(prediction.predicted_class)}")
answer_tab, augmented_tab = st.tabs(["Answer", "Under augmentation"], key="tab", bind="query-params")
with answer_tab:
    left, right = st.columns(2, gap="large")
    with left:
        verdict.warn(model, image, answer)
        verdict.say(model, image, prediction)
    with right:
        explanation.draw(model, image, prediction)
with augmented_tab:
    robustness.draw(model, image, prediction, is_seen=bool(augmented_tab.open))

with st.expander("The image as it came", icon=":material/image:"):
    height, width = image.pixels.shape[:2]
    st.image(
        image.pixels,
        caption=f"{escape_markdown(image.name)}, {width} × {height} pixels",
        alt=image.name,
    )

st.subheader("All images")
table = rows(answered, origin(model))
columns = probability_columns(class_names)
st.dataframe(
    pd.DataFrame(table),
    hide_index=True,
    column_order=[
        *("file", "predicted_class", *columns, "possible", "unlike_training", "seen_in_training"),
        *("distance", "model", "commit"),
    ],
    column_config={
        "file": "image",
        "predicted_class": "most probable",
        "unlike_training": st.column_config.CheckboxColumn("unlike training"),
        "seen_in_training": "seen in training as",
        "distance": st.column_config.NumberColumn(format="%.3f"),
        **{
            column: st.column_config.ProgressColumn(name, format="%.3f", min_value=0, max_value=1)
            for name, column in zip(class_names, columns, strict=True)
        },
    },
    alt=f"The model's answers for {len(table)} image(s)",
)
available = images()
strange = routing.among_several(manifest.data, [one.simulated for one in available])
if len(available) > 1 and strange:
    st.caption(f":material/science: {strange}")
with st.container(horizontal=True):
    for kind, text, mime in (
        ("CSV", to_csv(table), "text/csv"),
        ("JSON", to_json(table), "application/json"),
    ):
        st.download_button(
            f"Download as {kind}",
            text,
            f"answers.{kind.lower()}",
            mime,
            icon=":material/download:",
            on_click="ignore",
        )
st.caption(
    "Every row names the model, its commit on the Hub (empty for a local folder), and the SHA-256 of its "
    "bundle.json, so that an answer can be traced to the very network that gave it."
)
