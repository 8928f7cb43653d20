"""The image, one draw and their difference, and which change of the draw flips the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.augmentation import difference, preview
from core.inference.augmented import DRAWS
from pages.components.augmentation import cards
from pages.components.shared import data_table, image_cards
from pages.components.shared.image_cards import Card, as_url
from pages.components.shared.keys import Key
from pages.components.shared.text import describe_draw

if TYPE_CHECKING:
    from pages.components.augmentation.view import Version, View


def side_by_side(view: View, described: str) -> None:
    """Draw the three images above the choice of the draw, and what each change does alone."""
    st.caption(described)
    images = st.container()
    left, right = st.columns(2)
    with left:
        number = st.slider("Draw", 1, DRAWS, key=Key.DRAW, bind="query-params")
    with right:
        amplification = st.slider(
            "Amplify the difference",
            1,
            16,
            4,
            key=Key.AMPLIFICATION,
            format="%d ×",
            bind="query-params",
            help="Full colour from 255 grey levels divided by this factor on.",
        )
    with images:
        version = view.drawn()[number - 1]
        changed = difference.amount(view.original.image, version.image)
        tinted = difference.draw_difference(view.original.image, version.image, amplification)
        image_cards.gallery(
            [
                cards.original(view),
                cards.changed(
                    view, version, f"Draw {number}", label=f"Draw {number}", note=f"{{}} · draw {number}"
                ),
                Card(
                    "difference",
                    as_url(tinted),
                    f"Difference of draw {number} from the original: {changed.share:.0%} of the pixels "
                    "changed",
                    label=f"Difference, amplified {amplification} ×",
                    note="Orange: brighter. Blue: darker.",
                ),
            ],
            key=Key.SIDE_BY_SIDE,
            label=f"The original, draw {number} and their difference",
            columns=3,
            narrowest=150,
            details=view.details,
        )
    st.markdown(
        f"Draw {number}: {describe_draw(version.draw)}. {changed.share:.0%} of the pixels changed visibly, "
        f"by {changed.mean:.1f} grey levels on average over the whole image."
    )
    _parts(view, number, version)


def _parts(view: View, number: int, version: Version) -> None:
    """Draw the predictions under each change of a draw alone."""
    alone = preview.single_changes(version.draw)
    if not alone or version.prediction is None:
        return
    st.markdown("**Which change flips the prediction?** Each change alone, and all together:")
    versions = [*view.under(alone.values()), version]
    predictions = [one.prediction for one in versions if one.prediction is not None]
    data_table.draw(
        pd.DataFrame(
            {
                "change": [*map(describe_draw, alone.values()), "all together"],
                "predicted": [one.predicted_class for one in predictions],
                "flips": ["flips" if view.flips(one) else "" for one in versions],
            }
        ).join(pd.DataFrame([one.probabilities for one in predictions]).add_prefix("p_")),
        column_config={
            "predicted": "predicted class",
            **{
                f"p_{name}": st.column_config.NumberColumn(name, format="percent")
                for name in version.prediction.probabilities
            },
        },
        alt=f"Predictions under each change of draw {number} alone",
    )
