"""What the Augmentation page shows of a picture under the chosen ranges, one function for each tab."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import streamlit as st

from core import difference, preview
from core.augmentation import Draw, apply
from core.draws import DRAWS
from pages.components import draws
from pages.components.words import drawn as in_words
from pages.components.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from core.recipe import Augmentation
    from pages.components.models import Model

FIELDS = {
    "theta": "Rotation",
    "shear": "Shear",
    "zx": "Zoom along x",
    "zy": "Zoom along y",
    "tx": "Shift along x",
    "ty": "Shift along y",
    "flip_horizontal": "Mirror",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "gamma": "Gamma",
}


class Shown(NamedTuple):
    """What is being looked at.

    Attributes:
        model: whose answers are shown.
        name: of the picture.
        sha256: of the picture as it came.
        fitted: the picture at input size, uint8 [S, S, 3].
        answer: the model's probabilities for it, unchanged.
        augmentation: the ranges.
        draws: from these ranges.
    """

    model: Model
    name: str
    sha256: str
    fitted: NDArray[np.uint8]
    answer: dict[str, float]
    augmentation: Augmentation
    draws: list[Draw]

    def answers(self, changes: list[Draw]) -> list[dict[str, float]]:
        """Return the model's probabilities under each change."""
        return draws.probabilities(self.model, self.sha256, self.fitted, changes) if changes else []


def grid(shown: Shown) -> None:
    """Every draw, with what was drawn and the model's answer under it."""
    answers = shown.answers(shown.draws)
    st.markdown(_summary(shown.answer, answers))
    with st.grid(4, min_column_width=130):
        for number, (draw, answer) in enumerate(zip(shown.draws, answers, strict=True), start=1):
            with st.container():
                _cell(shown, draw, answer, f"Draw {number}")


def strips(shown: Shown) -> None:
    """Each parameter alone, from one end of its range to the other."""
    rows = preview.strips(shown.augmentation, shown.fitted.shape[0])
    if not rows:
        st.info("These ranges change nothing: widen one of them.", icon=":material/tune:")
        return
    answers = iter(shown.answers([draw for row in rows.values() for draw in row]))
    st.markdown(
        "Each row changes one thing only, from one end of its range to the other. A draw changes all of them "
        "at once."
    )
    for field, row in rows.items():
        answered = [next(answers) for _ in row]
        flips = [in_words(draw) for draw, answer in zip(row, answered, strict=True) if _flips(shown, answer)]
        st.markdown(
            f"**{FIELDS[field]}**: "
            + (f"the answer flips at {listed(flips)}." if flips else "the answer stays the same.")
        )
        with st.grid(5, wrap=False, min_column_width=110):
            for draw, answer in zip(row, answered, strict=True):
                with st.container():
                    _cell(shown, draw, answer, FIELDS[field])


def side_by_side(shown: Shown) -> None:
    """The picture, one draw, and their difference; which part of the draw moves the answer."""
    left, right = st.columns(2)
    with left:
        number = st.slider("Draw", 1, DRAWS, key="draw", bind="query-params")
    with right:
        amplification = st.slider(
            "Amplify the difference",
            1,
            16,
            4,
            key="amplify",
            format="%d ×",
            bind="query-params",
        )
    draw = shown.draws[number - 1]
    after = apply(shown.fitted, draw)
    alone = preview.parts(draw)
    answer, *answers = shown.answers([draw, *alone.values()])
    changed = difference.amount(shown.fitted, after)
    with st.grid(3, min_column_width=180):
        with st.container():
            show_picture(shown.fitted, f"{shown.name}, unchanged")
            st.caption(f"**Original**: {_answer(shown.answer)}")
        with st.container():
            show_picture(after, f"Draw {number}: {in_words(draw)}")
            st.caption(f"**Draw {number}**: {_answer(answer)}")
        with st.container():
            show_picture(
                difference.view(shown.fitted, after, amplification),
                f"Difference of draw {number} from the original: {changed.share:.0%} of the pixels changed",
            )
            st.caption(
                f"**Difference, amplified {amplification} ×**: orange became brighter, blue became darker, "
                f"light grey is unchanged. Full colour from {255 / amplification:.0f} of 255 grey levels on."
            )
    st.markdown(
        f"Drawn: {in_words(draw)}. {changed.share:.0%} of the pixels changed visibly, by "
        f"{changed.mean:.1f} grey levels on average over the whole picture."
    )
    if not alone:
        return
    st.markdown("**Which part of it moves the answer?** Each part alone, and all together:")
    table = pd.DataFrame(
        [
            {
                "change": in_words(change),
                "answer": _predicted(one),
                "flips": "flips" if _flips(shown, one) else "",
                **one,
            }
            for change, one in zip([*alone.values(), draw], [*answers, answer], strict=True)
        ]
    )
    table.loc[len(table) - 1, "change"] = "all together"
    st.dataframe(
        table,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(name, format="percent") for name in shown.answer},
        alt=f"The model's answer under each part of draw {number} alone",
    )


def show_picture(picture: NDArray[np.uint8], alt: str) -> None:
    """Show a picture, uint8 [H, W, 3], without loss: what is compared must not be an encoder's work."""
    st.image(picture, width="stretch", alt=alt, output_format="PNG")


def _cell(shown: Shown, draw: Draw, answer: Mapping[str, float], title: str) -> None:
    flips = _flips(shown, answer)
    words = f"{_answer(answer)}, not {plain(_predicted(shown.answer))}" if flips else _answer(answer)
    show_picture(apply(shown.fitted, draw), f"{title}: {in_words(draw)}. The model says {_predicted(answer)}")
    st.markdown(f":material/swap_horiz: **{words}**" if flips else words)
    st.caption(in_words(draw))


def _predicted(answer: Mapping[str, float]) -> str:
    return max(answer, key=answer.__getitem__)


def _flips(shown: Shown, answer: Mapping[str, float]) -> bool:
    return _predicted(answer) != _predicted(shown.answer)


def _answer(answer: Mapping[str, float]) -> str:
    return f"{plain(_predicted(answer))} {answer[_predicted(answer)]:.0%}"


def _summary(original: Mapping[str, float], answers: list[dict[str, float]]) -> str:
    first = _predicted(original)
    counts = Counter(_predicted(answer) for answer in answers)
    values = [answer[first] for answer in answers]
    others = [f"{plain(name)} {count} times" for name, count in counts.most_common() if name != first]
    return (
        f"For the unchanged picture the model says **{_answer(original)}**. Under {len(answers)} draws it "
        f"says {plain(first)} {counts[first]} times"
        + (f", {listed(others)} (:material/swap_horiz: marks these)" if others else "")
        + f"; the probability of {plain(first)} goes from {min(values):.0%} to {max(values):.0%}. No draw "
        "changes what is in the picture, so all of this is the model's own unsteadiness."
    )
