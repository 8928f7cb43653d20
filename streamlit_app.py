"""The app's first page: what this is and is not, an example, and where each page leads."""

import streamlit as st

from core.bundle import card
from core.errors import UserError
from core.evaluation.results import Metrics
from core.figures import workflow
from core.paper import statements
from pages.components.home import example
from pages.components.shared import chart, layout, measured, model_choice
from pages.components.shared.text import escape_markdown

page = layout.begin(layout.HOME, "Breast ultrasound classifier")

st.markdown(
    "A neural network sorts breast ultrasound images into **benign**, **malignant** and **normal**: try "
    "one, see how it was trained and what its numbers are worth. It is for teaching and research, and "
    "cannot tell anybody whether they are ill."
)

st.subheader("An example", anchor="example")
place = st.empty()
# The chosen model may have to be fetched first; until then the embedded one's example stands here.
spare = example.embedded()
if spare is not None:
    example.draw(place, *spare)
remark = st.empty()
# Not of the primary type: white words on the dark theme's blue would be too faint.
if st.button("Upload yours", icon=":material/upload:"):
    st.switch_page(layout.CLASSIFY.file, query_params=page.address or None)
if turns := model_choice.turns(page.offered):
    st.caption(turns)

st.subheader("The pages", anchor="pages")
with st.grid(2, min_column_width=260):
    for target in layout.PAGES[1:]:
        with st.container(border=True, height="stretch"):
            layout.link(page.address, target)
            st.caption(target.purpose)

road, numbers = st.columns(2, gap="large")
with road:
    st.subheader("From images to an answer", anchor="pipeline")
    chart.draw(workflow.pipeline(), key="pipeline", alt=workflow.in_words())
    st.caption(
        "The paper's steps, after its Figure 3. A solid frame marks what this project adds or does another "
        "way."
    )
with numbers:
    st.subheader("What 90 % is worth", anchor="protocols")
    try:
        measured.protocols(150)
        repeats = measured.comparison(150).repeats
    except UserError as error:
        st.info(escape_markdown(str(error)), icon=":material/info:")
    else:
        st.caption(
            "Accuracy on BUSI, a public set of breast ultrasound images: the same frozen network and the "
            f"same linear head, mean of {repeats} splits by each protocol, with its 95 % interval. "
            f"{measured.NO_PATIENT_IDS}"
        )
        layout.link(page.address, layout.DATA_AUDIT)

with st.expander("Where this comes from", icon=":material/menu_book:"):
    st.markdown(
        f"The recipe follows {statements.CITATION}, which reports {statements.TEST_ACCURACY:.0%} test "
        "accuracy. Its numbers look as if segmentation masks had been counted as images, and a random split "
        "of such data tests on copies of training images. So every model here says by which protocol its "
        "images were split:"
    )
    st.markdown("\n".join(f"- **{name}**: {sentence}" for name, sentence in card.PROTOCOLS.items()))


def _figures(metrics: Metrics) -> None:
    for column, title, figure in zip(
        st.columns(4),
        ("Accuracy", "Balanced accuracy", "Macro F1", "AUC, one versus rest"),
        (metrics.accuracy, metrics.balanced_accuracy, metrics.macro_f1, metrics.auc),
        strict=True,
    ):
        value, interval = (
            ("–", "does not apply")
            if figure is None
            else (f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}")
        )
        with column.container(border=True):
            st.metric(title, value)
            st.caption(interval)


# Last, because a model on the Hub may have to be fetched first.
with layout.show_user_errors(), st.container():
    model = layout.model(page)
    manifest = model.bundle.manifest
    st.subheader(f"The chosen model: {escape_markdown(model.label)}", anchor="model")
    st.markdown(
        f"{escape_markdown(manifest.recipe.backbone)} at {manifest.recipe.preprocessing.image_size} × "
        f"{manifest.recipe.preprocessing.image_size} pixels, trained on "
        f"{escape_markdown(manifest.data.name)}. {card.describe_split(manifest, escape_markdown)} On "
        f"{manifest.metrics.images:,} test images, with 95 % intervals:"
    )
    _figures(manifest.metrics)
    st.caption(escape_markdown(card.source(manifest)))
    own = example.of_model(model)
    if spare is None or model.key != spare[0].key:
        if own is not None:
            example.draw(place, model, own)
        elif spare is not None:
            remark.caption(
                f"{escape_markdown(model.label)} was published without images that can be shown here: the "
                f"example is of the embedded model {escape_markdown(spare[0].label)}."
            )
