"""A prediction at a glance: a test image with its stored prediction, and what influenced it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.bundle.manifest import TEST_IMAGES
from core.data.provenance import NOT_STATED
from core.figures.probabilities import probability_bars
from core.figures.style import class_colours
from core.inference import reasons
from core.inference.overlay import tint
from pages.components.home import stored_examples
from pages.components.shared import chart, examples, image_cards, navigation, seen_in_training
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import escape_markdown, format_probabilities

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.home.stored_examples import Shown
    from pages.components.shared.layout import PageState
    from pages.components.shared.open_models import Model

_OPACITY = 0.45  # so that the lesion stays visible
_SHARES = [46, 54]


class Place(NamedTuple):
    """Where the example is drawn.

    Attributes:
        image: an ``st.empty`` for the image.
        prediction: an ``st.empty`` for its prediction.
        note: an ``st.empty`` for a note below.
        explained: whether what influenced the prediction is shown.
        shown: the example that stands there; None without one.
        label: label of the chosen model; None without one.
    """

    image: DeltaGenerator
    prediction: DeltaGenerator
    note: DeltaGenerator
    explained: bool
    shown: Shown | None
    label: str | None


def draw_known(page: PageState) -> Place:
    """Draw an example that needs no waiting, that of an embedded model, and the button that leads on."""
    left, right = st.columns(_SHARES, gap="medium")
    with left:
        with st.container(key=Key.EXAMPLE_PLACE):
            image = st.empty()
        explained = st.toggle("Show what influenced the prediction", value=True, key=Key.EXAMPLE_SALIENCY)
    with right:
        prediction, note = st.empty(), st.empty()
        if st.button(
            "Classify your images", icon=":material/upload:", type="primary", key=Key.CLASSIFY_YOURS
        ):
            st.switch_page(navigation.CLASSIFY.file, query_params=page.address or None)
    place = Place(image, prediction, note, explained, stored_examples.known(page), page.label)
    if place.shown is not None:
        _draw(place, place.shown)
    return place


def update(place: Place, model: Model) -> None:
    """Draw the example of the chosen model instead, with what influenced it; say where it has none."""
    examples.wait(model)
    shown, found = stored_examples.find(model), examples.find(model)
    lines = [] if found.waiting and shown is not None else [found.note]
    if shown is None:
        shown = place.shown
        lines.insert(0, _about_missing(model, shown))
    if any(lines):
        place.note.caption("  \n".join(filter(None, lines)))
    if shown is None:
        return
    if place.explained and shown.saliency is None:
        shown = stored_examples.explain(shown)
    if place.shown is None or _content(place, shown) != _content(place, place.shown):
        _draw(place, shown)


def _about_missing(model: Model, shown: Shown | None) -> str:
    """Return why there is no example of a model, and of which other one it is, in Markdown."""
    label = escape_markdown(model.label)
    why = (
        f"The test images of {label} cannot be shown."
        if model.bundle.has(TEST_IMAGES)
        else f"{label} was published without test images."
    )
    if shown is None:
        return why
    other = escape_markdown(shown.model.label)
    return f"{why} The example and its prediction are from the embedded model {other}."


def _content(place: Place, shown: Shown) -> tuple[str, str, bool]:
    """Return what tells the drawing of one example from that of another."""
    return shown.model.key, shown.model.label, place.explained and shown.saliency is not None


def _draw(place: Place, shown: Shown) -> None:
    model, found = shown.model, shown.example
    simulated = model.bundle.manifest.data.simulated
    saliency = shown.saliency if place.explained else None
    kind = "Simulated image" if simulated else "Image"
    predicted = found.predicted_class
    of = "Test image" if shown.source is None else "Image from"
    alt = f"{of} {found.file}, true class {found.true_class}, as the network saw it"
    over = ""
    if saliency is not None:
        of_class = model.bundle.manifest.class_names.index(predicted)
        over = image_cards.as_url(tint(saliency, of_class, opacity=_OPACITY))
        alt = f"{alt}, with the saliency map of {predicted}"
    card = Card(
        found.file,
        image_cards.as_url(found.pixels),
        alt,
        f"True class: {found.true_class}",
        class_colours(model.bundle.manifest.class_names)[found.true_class],
        f"{kind} from the test set of {model.label}, {found.file}"
        if shown.source is None
        else f"Image from {shown.source.name}. Licence: {shown.source.licence or NOT_STATED}",
        over=over,
    )
    with place.image.container():
        # Of another content the element has another key: a key may stand on a page only once.
        key = numbered(Key.EXAMPLE, *_content(place, shown))
        image_cards.gallery([card], key=key, label="Example", columns=1)
    before = None if place.shown is None or shown is place.shown else place.shown.model
    if before is None or (before.key, before.label) != (model.key, model.label):
        with place.prediction.container():
            _draw_prediction(shown, of_other=model.label != place.label)


def _draw_prediction(shown: Shown, *, of_other: bool) -> None:
    model, found = shown.model, shown.example
    by = f" ({escape_markdown(model.label)})" if of_other else ""  # the page names the chosen model above
    st.header(f"Predicted class{by}: {escape_markdown(found.predicted_class)}")
    chart.draw(
        probability_bars(found.probabilities),
        key=numbered(Key.EXAMPLE_CHART, model.key, model.label),
        alt=f"Probabilities: {format_probabilities(found.probabilities)}",
    )
    missed = found.chosen_from - found.correct
    correct = "correct" if found.predicted_class == found.true_class else "wrong"
    if shown.source is not None:
        st.markdown(
            f"This prediction is **{correct}**.",
            help="The image was chosen by its class, and because the model was not trained on it where there "
            f"is such an image, not by its prediction. {examples.citation(shown.source)} The orange cells of "
            "the last feature map raised the score of the predicted class (HiResCAM).",
        )
        if shown.seen is not None:
            st.markdown(
                f":material/{seen_in_training.ICON}: **{reasons.SEEN.title}.** {reasons.SEEN.line}",
                help=seen_in_training.details(shown.seen),
            )
        return
    st.markdown(
        f"This prediction is **{correct}**. Of the {found.chosen_from:,} {stored_examples.of_class(found)}"
        f"test images {escape_markdown(model.label)} classifies {found.correct:,} correctly and **{missed:,} "
        "wrongly**.",
        help=f"{stored_examples.rule(found)} The prediction is stored in the bundle. The orange cells are "
        "those of the last feature map that raised the score of the predicted class (HiResCAM).",
    )
