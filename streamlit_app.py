"""The app's first page: what this is and is not, and where each page leads."""

import streamlit as st

from core import card, paper
from core.manifest import Metrics
from pages.components import frame
from pages.components.words import plain

drawn = frame.start(frame.HOME, "Breast ultrasound classifier")

st.markdown(
    "A neural network sorts breast ultrasound pictures into **benign**, **malignant** and **normal**. "
    "Here you can try one, see how it was trained, and find out what its numbers are worth. "
    "It is for teaching and research; it cannot tell anybody whether they are ill."
)

with st.grid(2, min_column_width=260):
    for page in frame.PAGES[1:]:
        with st.container(border=True, height="stretch"):
            frame.link(drawn.label, page)
            st.caption(page.purpose)

with st.expander("Where this comes from", icon=":material/menu_book:"):
    st.markdown(
        f"The recipe follows {paper.CITATION}, which reports {paper.TEST_ACCURACY:.0%} test accuracy. Its "
        "numbers look as if label masks had been counted as pictures, and a random split of such data tests "
        "on copies of training pictures. So every model here says by which protocol its pictures were split:"
    )
    st.markdown("\n".join(f"- **{name}**: {sentence}" for name, sentence in card.PROTOCOLS.items()))


def _figures(metrics: Metrics) -> None:
    for column, title, figure in zip(
        st.columns(3),
        ("Accuracy", "Balanced accuracy", "AUC, one versus rest"),
        (metrics.accuracy, metrics.balanced_accuracy, metrics.auc),
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
with frame.sentences(), st.container():
    model = frame.model(drawn)
    manifest = model.bundle.manifest
    st.subheader(f"The chosen model: {plain(model.label)}")
    st.markdown(
        f"{plain(manifest.recipe.backbone)} at {manifest.recipe.preprocessing.image_size} × "
        f"{manifest.recipe.preprocessing.image_size} pixels, trained on {plain(manifest.data.name)}. "
        f"{card.PROTOCOLS[manifest.protocol]} "
        f"On {manifest.metrics.pictures:,} test pictures, with 95 % intervals:"
    )
    _figures(manifest.metrics)
