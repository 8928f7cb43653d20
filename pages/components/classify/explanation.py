"""The image with what influenced the prediction: a saliency map, a finer occlusion map, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from core.inference.overlay import peak, tint
from pages.components.classify import predictions, thumbnails
from pages.components.shared import image_cards, layout, navigation
from pages.components.shared.image_cards import Card
from pages.components.shared.keys import Key
from pages.components.shared.text import describe_peak, escape_markdown, shorten
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.inference.classifier import Prediction
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model

SALIENCY, OCCLUSION, NONE = "Saliency", "Occlusion", "None"  # as they stand in the address
_SLIDER_WIDTH = 120  # pixels
_PREDICTED = "Predicted class"
_HELP = (
    "Saliency (HiResCAM) is what each cell of the last feature map added to the score of a class: exact, "
    "fast and coarse. Occlusion covers one square of the image after another and measures how the "
    "probability changes (Zeiler and Fergus 2014): finer, but it needs 225 predictions. None shows the image "
    "as uploaded or cropped; an opacity of 0 % shows it as the network saw it."
)
_LIMIT = "The map shows what influenced the prediction, not where the lesion is."


class _Map(NamedTuple):
    """A map of every class, [C, h, w]; the peak of the shown class in a line; and details."""

    values: NDArray[np.floating]
    line: str
    details: str


@st.fragment
def draw(model: Model, image: InputImage, prediction: Prediction) -> None:
    """Draw the image with the chosen map over it, the controls of the map, and the map in words."""
    class_names = model.bundle.manifest.class_names
    place = st.container(key=Key.IMAGE_PLACE)
    with layout.controls(), st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        method = st.segmented_control(
            "Explanation",
            [SALIENCY, OCCLUSION, NONE],
            default=SALIENCY,
            required=True,
            key=Key.MAP,
            bind="query-params",
            label_visibility="collapsed",
            width="content",
        )
        opacity = st.slider(
            "Opacity",
            *(0, 100, 60, 5),
            format="%d %%",
            key=Key.OPACITY,
            bind="query-params",
            disabled=method == NONE,
            label_visibility="collapsed",
            width=_SLIDER_WIDTH,
        )
        with st.popover("Class", width="content"):
            wanted = st.segmented_control(
                "Explain the score of",
                [_PREDICTED, *class_names],
                default=_PREDICTED,
                required=True,
                format_func=lambda name: _PREDICTED if name == _PREDICTED else escape_markdown(name),
                key=Key.MAP_CLASS,
                bind="query-params",
            )
    navigation.remember(navigation.CLASSIFY)
    shown = prediction.predicted_class if wanted == _PREDICTED else wanted
    if method == NONE:
        height, width = image.pixels.shape[:2]
        source, alt, over = thumbnails.large(image), image.title, ""
        how = "cropped to" if image.crop else "as uploaded,"
        line = f"{escape_markdown(shorten(image.name))} {how} {width} × {height} pixels."
        # A help icon takes no text from a card: the whole name is said here.
        details = f"{escape_markdown(image.name)}. {_HELP}"
    else:
        of_class = class_names.index(shown)
        with show_user_errors():
            found = (
                _saliency(prediction, shown, of_class)
                if method == SALIENCY
                else _occlusion(model, image, shown, of_class)
            )
        source = image_cards.as_url(prediction.image)
        over = image_cards.as_url(tint(found.values, of_class, opacity=opacity / 100))
        alt = f"{image.title} as the network saw it, with the {method.lower()} map of {shown}"
        line = found.line
        side = prediction.image.shape[0]
        details = f"{_LIMIT} {found.details} The network saw the image {side} pixels square. {_HELP}"
    with place:
        card = Card(image.sha256, source, alt, over=over)
        image_cards.gallery([card], key=Key.LARGE_IMAGE, label="Selected image", columns=1)
    st.caption(line, help=details)


def _saliency(prediction: Prediction, shown: str, of_class: int) -> _Map:
    rows, columns = prediction.saliency.shape[1:]
    return _Map(
        prediction.saliency,
        describe_peak(prediction.saliency[of_class], shown),
        f"The last feature map has {rows} × {columns} cells.",
    )


def _occlusion(model: Model, image: InputImage, shown: str, of_class: int) -> _Map:
    found = predictions.occlusion(model, image)
    drop = found.drop[of_class]
    size, name = len(drop), escape_markdown(shown)
    how = f"A grey square of {found.square} × {found.square} pixels moved in steps of {found.step} pixels."
    strongest = peak(drop)
    if strongest is None:
        return _Map(found.drop, f"The square never lowered the probability of {name}.", how)
    return _Map(
        found.drop,
        f"Orange: covering lowers the probability of {name}, by up to {drop.max():.1%} (row {strongest.row}, "
        f"column {strongest.column} of {size}).",
        f"{how} Blue: covering raises it, by up to {max(float(-drop.min()), 0):.1%}.",
    )
