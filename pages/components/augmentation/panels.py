"""The tabs of the Augmentation page: all draws, one parameter at a time, and the others' panels."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation import preview
from core.inference.augmented import spread
from pages.components.augmentation import cards, keras_properties
from pages.components.augmentation.side_by_side import side_by_side
from pages.components.shared import image_cards, images, layout, model_choice
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import describe_draw, escape_markdown, join, shorten
from pages.components.shared.user_errors import show_user_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.elements.lib.mutable_tab_container import TabContainer

    from pages.components.augmentation.view import Version, View

# Field of Draw → name and unit.
_FIELDS = {
    "theta": ("Rotation", "degrees"),
    "shear": ("Shear", "degrees"),
    "zx": ("Zoom along x", "factors"),
    "zy": ("Zoom along y", "factors"),
    "tx": ("Shift along x", "pixels"),
    "ty": ("Shift along y", "pixels"),
    "flip_horizontal": ("Mirror", "no or yes"),
    "brightness": ("Brightness", "factors"),
    "contrast": ("Contrast", "factors"),
    "gamma": ("Gamma", "exponents"),
}
_COLUMNS = 6
_NARROWEST = 100  # pixels


def tabs() -> Sequence[TabContainer]:
    """Draw the tabs, still empty: they keep the place beside the controls."""
    with layout.main_object():
        return st.tabs(list(_PANELS), key=Key.PANEL, bind="query-params")


def draw(drawn: Sequence[TabContainer], view: View, ranges: str) -> None:
    """Fill the open tab; the others are not computed.

    Args:
        drawn: result of ``tabs``.
        view: the image under the chosen ranges.
        ranges: the ranges in words.
    """
    name = escape_markdown(shorten(view.image.name))
    described = f"The dashed frame marks the unchanged image, **{name}**. {ranges}"
    for tab, panel in zip(drawn, _PANELS.values(), strict=True):
        if tab.open:
            with tab, show_user_errors():
                panel(view, described)
    images.show_notes(view.image)
    if view.original.prediction is not None:
        model_choice.domain_warning(view.model, view.image)


def _grid(view: View, described: str) -> None:
    """Draw the original and every draw, with how many of them changed the prediction."""
    # The message of waiting stands where the result will.
    place = st.empty()
    with place:
        drawn = view.drawn()
    place.markdown(_summary(view, drawn), help=_explain(view, drawn))
    st.caption(described)
    image_cards.gallery(
        [
            cards.original(view),
            *(
                cards.changed(
                    view,
                    version,
                    f"Draw {number}",
                    label=f"Draw {number}",
                    note="{} · changed" if view.flips(version) else "{}",
                )
                for number, version in enumerate(drawn, start=1)
            ),
        ],
        key=Key.DRAWS,
        label="The original and its draws",
        columns=_COLUMNS,
        narrowest=_NARROWEST,
        details=view.details,
    )


def _strips(view: View, described: str) -> None:
    """Draw each parameter alone, from one end of its range to the other, beside the original."""
    rows = preview.strips(view.augmentation, view.side)
    if not rows:
        st.info("These ranges change nothing: widen one of them.", icon=":material/tune:")
        return
    place = st.empty()
    with place:
        versions = iter(view.under([change for row in rows.values() for change in row]))
    place.markdown("Each row changes one parameter, from one end of its range to the other.")
    st.caption(described)
    for field, row in rows.items():
        name, unit = _FIELDS[field]
        shown = [next(versions) for _ in row]
        st.markdown(f"**{name}**, {unit}{_said_of_flips(view, shown)}")
        image_cards.gallery(
            [
                cards.original(view),
                *(
                    cards.changed(
                        view, one, name, label=_value(one, field), note=f"{_value(one, field)}: {{}}"
                    )
                    for one in shown
                ),
            ],
            key=numbered(Key.RANGE_STRIP, field),
            label=f"The original and {name.lower()} alone",
            columns=_COLUMNS,
            narrowest=_NARROWEST,
            details=view.details,
        )


def _summary(view: View, drawn: list[Version]) -> str:
    """Write how many draws changed the prediction, on one line."""
    if view.original.prediction is None:
        return f"The original and {len(drawn)} draws. Predictions are off."
    first = view.original.prediction.predicted_class
    counts = Counter(one.prediction.predicted_class for one in drawn if one.prediction is not None)
    others = [f"{escape_markdown(name)} {count}" for name, count in counts.most_common() if name != first]
    flips = len(drawn) - counts[first]
    return (
        f"**{flips or 'No'} draw{'' if flips in (0, 1) else 's'} changed the prediction.** "
        f"Under {len(drawn)} draws: {join([f'{escape_markdown(first)} {counts[first]}', *others])}."
    )


def _explain(view: View, drawn: list[Version]) -> str:
    unstable = (
        "A change too small to matter to a radiologist that changes the prediction shows an unstable model."
    )
    predictions = [one.prediction for one in drawn if one.prediction is not None]
    if view.original.prediction is None:
        return unstable
    first = view.original.prediction.predicted_class
    of_first = spread(predictions).set_index("class").loc[first]
    return (
        f"Over the draws, the probability of {escape_markdown(first)} goes from {of_first['lowest']:.0%} to "
        f"{of_first['highest']:.0%}. {unstable}"
    )


def _said_of_flips(view: View, shown: list[Version]) -> str:
    if view.original.prediction is None:
        return ""
    flips = [describe_draw(one.draw) for one in shown if view.flips(one)]
    return f": the prediction flips at {join(flips)}." if flips else ": the prediction stays the same."


def _value(version: Version, field: str) -> str:
    value = getattr(version.draw, field)
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:.3g}"


_PANELS = {
    "Draws": _grid,
    "One at a time": _strips,
    "Side by side": side_by_side,
    "What to look for": keras_properties.draw,
}
