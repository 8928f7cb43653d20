"""Upload pictures; see probabilities, saliency, and when not to believe them."""

import pandas as pd
import streamlit as st

from core.figures.probabilities import probability_bars
from core.overlay import overlay, peak
from core.tables import probability_columns
from pages.components import frame, pictures
from pages.components.words import in_words, listed, plain

drawn = frame.start(frame.CLASSIFY)
model = frame.model(drawn, with_network=True)
manifest = model.bundle.manifest
class_names = manifest.class_names

pictures.intake()
picture = pictures.choose()
if picture is None:
    st.info(
        "Upload one or several pictures, or simulate one, to see what the model says.",
        icon=":material/arrow_upward:",
    )
    st.stop()

with frame.sentences():
    answers = pictures.answers(model)
uploads = pictures.pictures()
answer = answers[[upload.sha256 for upload in uploads].index(picture.sha256)]
prediction = answer.prediction
answer_words = in_words(prediction.probabilities)

left, right = st.columns(2, gap="large")
with left:
    st.subheader(f"Most probable: {plain(prediction.predicted_class)}")
    if manifest.data.simulated and not picture.simulated:
        st.warning(
            "This model has never seen a real picture, and this is none of the simulated ones: its answer "
            "means nothing here.",
            title="Not what the model knows",
            icon=":material/science:",
        )
    if answer.seen:
        st.warning(
            f"This picture, or a near-copy of it, was in the training data ({plain(answer.seen)}): that the "
            "model knows it proves nothing.",
            title="Seen in training",
            icon=":material/content_copy:",
        )
    if prediction.unlike_training:
        st.warning(
            f"Its distance to the nearest training picture is {prediction.distance:.3f}; of the validation "
            f"pictures 99 % stay below {manifest.decision.distance_threshold:.3f}. The answer means little.",
            title="Unlike the training data",
            icon=":material/travel_explore:",
        )
    if len(prediction.possible) != 1:
        possible = [plain(name) for name in prediction.possible]
        st.warning(
            f"{listed(possible)} remain possible: sets like this hold the true class for 90 % of pictures "
            "like those the model was validated on."
            if possible
            else "No class is probable enough: few pictures like this one were in the validation data.",
            title="Not sure",
            icon=":material/help:",
        )
    for note in picture.notes:
        st.caption(f":material/info: {plain(note)}")
    st.plotly_chart(
        probability_bars(prediction.probabilities, 1 - manifest.decision.conformal_threshold),
        config={"displayModeBar": False},
        key="probabilities",
        alt=f"Probabilities: {answer_words}",
    )
    st.markdown(f"Probabilities, calibrated: {plain(answer_words)}.")
    st.caption(
        "A class is possible from the dashed line on: so chosen that, of pictures like those of validation, "
        "9 in 10 have their true class among the possible ones."
    )

with right:
    shown = st.segmented_control(
        "Saliency of",
        class_names,
        default=prediction.predicted_class,
        required=True,
        format_func=plain,
        key=f"saliency of {model.key} {picture.sha256}",
        help="How much each part of the picture raised the score of this class.",
    )
    opacity = st.slider("Opacity", 0, 100, 60, 5, format="%d %%", key="opacity", persist_state="session")
    saliency = prediction.saliency[class_names.index(shown)]
    rows, columns = saliency.shape
    st.image(
        overlay(
            prediction.picture,
            saliency,
            strongest=float(prediction.saliency.max()),
            opacity=opacity / 100,
        ),
        width="stretch",
        caption=f"{plain(picture.name)} as the network saw it, {prediction.picture.shape[0]} pixels square",
        alt=f"{picture.name} as the network saw it, with the saliency of {shown}",
    )
    cells = f"The last feature map has {rows} × {columns} cells, drawn as they are."
    strongest = peak(saliency)
    if strongest is None:
        st.markdown(f"{cells} None of them raised the score of {plain(shown)}.")
    else:
        st.markdown(
            f"{cells} The strongest for {plain(shown)} is in row {strongest.row} of {rows}, column "
            f"{strongest.column} of {columns}, with {strongest.share:.0%} of the whole. It shows what moved "
            "the answer, not where a lesion is."
        )

with st.expander("The picture as it came", icon=":material/image:"):
    height, width = picture.pixels.shape[:2]
    st.image(picture.pixels, caption=f"{plain(picture.name)}, {width} × {height} pixels", alt=picture.name)

if len(uploads) > 1:
    st.subheader("All pictures")
    table = pd.DataFrame(
        {
            "picture": [upload.name for upload in uploads],
            "answer": [one.prediction.predicted_class for one in answers],
            "possible": [", ".join(one.prediction.possible) or "none" for one in answers],
            "unlike training": [one.prediction.unlike_training for one in answers],
            "seen in training": [one.seen or "no" for one in answers],
            **{
                column: [one.prediction.probabilities[name] for one in answers]
                for name, column in zip(class_names, probability_columns(class_names), strict=True)
            },
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            column: st.column_config.ProgressColumn(name, format="%.3f", min_value=0, max_value=1)
            for name, column in zip(class_names, probability_columns(class_names), strict=True)
        },
        alt=f"The model's answers for {len(uploads)} pictures",
    )
