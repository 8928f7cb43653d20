"""What the Augmentation page shows of an image under the chosen ranges, one function for each tab."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd
import streamlit as st

from core.augmentation import difference, preview
from core.augmentation.draw import Draw
from core.images.encode import as_png
from core.inference.augmented import DRAWS, AugmentedPrediction, spread
from pages.components.shared import augmented_answers
from pages.components.shared.text import describe_draw as in_words
from pages.components.shared.text import escape_markdown, join

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.augmentation.ranges import Augmentation
    from core.inference.classifier import Prediction
    from pages.components.shared.images import InputImage
    from pages.components.shared.open_models import Model

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
    "depth_gain": "Depth gain",
    "speckle": "Speckle",
}


class Shown(NamedTuple):
    """What is being looked at.

    Attributes:
        model: whose answers are shown.
        image: as it came.
        original: the model's answer to it, unchanged; ``original.image`` is what the network sees.
        augmentation: the ranges.
        seed: of the draws.
    """

    model: Model
    image: InputImage
    original: Prediction
    augmentation: Augmentation
    seed: int

    @property
    def side(self) -> int:
        """Of what the network sees, pixels."""
        return self.original.image.shape[0]

    def answered(self) -> list[AugmentedPrediction]:
        """Return the draws, with the model's answers."""
        return augmented_answers.answered(self.model, self.image, self.augmentation, seed=self.seed)

    def under(self, changes: list[Draw]) -> list[Prediction]:
        """Return the model's answer under each change."""
        return augmented_answers.under(self.model, self.image, changes)

    def flips(self, answer: Prediction) -> bool:
        """Tell whether an answer has another most probable class than the unchanged image's."""
        return answer.predicted_class != self.original.predicted_class


def look(model: Model, image: InputImage, augmentation: Augmentation, seed: int) -> Shown:
    """Look at an image under an augmentation."""
    return Shown(model, image, augmented_answers.under(model, image, [Draw()])[0], augmentation, seed)


def grid(shown: Shown) -> None:
    """Every draw, with what was drawn and the model's answer under it."""
    answered = shown.answered()
    st.markdown(_summary(shown.original, [answer for _, answer in answered]))
    with st.grid(4, min_column_width=115):
        for number, (draw, answer) in enumerate(answered, start=1):
            with st.container(gap="xxsmall"):
                _cell(shown, draw, answer, f"Draw {number}")


def strips(shown: Shown) -> None:
    """Each parameter alone, from one end of its range to the other."""
    rows = preview.strips(shown.augmentation, shown.side)
    if not rows:
        st.info("These ranges change nothing: widen one of them.", icon=":material/tune:")
        return
    answers = iter(shown.under([draw for row in rows.values() for draw in row]))
    st.markdown(
        "Each row changes one thing only, from one end of its range to the other. A draw changes all of them "
        "at once."
    )
    for field, row in rows.items():
        answered = [next(answers) for _ in row]
        flips = [in_words(draw) for draw, answer in zip(row, answered, strict=True) if shown.flips(answer)]
        st.markdown(
            f"**{FIELDS[field]}**: "
            + (f"the answer flips at {join(flips)}." if flips else "the answer stays the same.")
        )
        with st.grid(5, min_column_width=90):
            for draw, answer in zip(row, answered, strict=True):
                with st.container(gap="xxsmall"):
                    _cell(shown, draw, answer, FIELDS[field])


def side_by_side(shown: Shown) -> None:
    """The image, one draw, and their difference; which part of the draw moves the answer."""
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
    draw, answer = shown.answered()[number - 1]
    before, after = shown.original.image, answer.image
    changed = difference.amount(before, after)
    with st.grid(3, min_column_width=160):
        with st.container():
            show_image(before, f"{shown.image.name}, unchanged")
            st.caption(f"**Original**: {_answer(shown.original)}")
        with st.container():
            show_image(after, f"Draw {number}: {in_words(draw)}")
            st.caption(f"**Draw {number}**: {_answer(answer)}")
        with st.container():
            show_image(
                difference.view(before, after, amplification),
                f"Difference of draw {number} from the original: {changed.share:.0%} of the pixels changed",
            )
            st.caption(
                f"**Difference, amplified {amplification} ×**: orange became brighter, blue became darker, "
                f"light grey is unchanged. Full colour from {255 / amplification:.0f} of 255 grey levels on."
            )
    st.markdown(
        f"Drawn: {in_words(draw)}. {changed.share:.0%} of the pixels changed visibly, by "
        f"{changed.mean:.1f} grey levels on average over the whole image."
    )
    alone = preview.parts(draw)
    if not alone:
        return
    st.markdown("**Which part of it moves the answer?** Each part alone, and all together:")
    answers = [*shown.under(list(alone.values())), answer]
    st.dataframe(
        pd.DataFrame(
            {
                "change": [*map(in_words, alone.values()), "all together"],
                "answer": [one.predicted_class for one in answers],
                "flips": ["flips" if shown.flips(one) else "" for one in answers],
            }
        ).join(pd.DataFrame([one.probabilities for one in answers]).add_prefix("p_")),
        hide_index=True,
        column_config={
            f"p_{name}": st.column_config.NumberColumn(name, format="percent")
            for name in answer.probabilities
        },
        alt=f"The model's answer under each part of draw {number} alone",
    )


def show_image(image: NDArray[np.uint8], alt: str, *, width: Literal["stretch"] | int = "stretch") -> None:
    """Show an image, uint8 [H, W, 3], without loss: what is compared must not be an encoder's work.

    It goes into the page itself. As a file of its own it would be gone from the server when a visitor draws
    again before a slow browser has asked for it.
    """
    st.image(f"data:image/png;base64,{b64encode(as_png(image)).decode()}", width=width, alt=alt)


def _cell(shown: Shown, draw: Draw, answer: Prediction, title: str) -> None:
    words = _answer(answer)
    if shown.flips(answer):
        words = f":material/swap_horiz: **{words}**, not {escape_markdown(shown.original.predicted_class)}"
    show_image(answer.image, f"{title}: {in_words(draw)}. The model says {answer.predicted_class}")
    st.markdown(words)
    st.caption(in_words(draw))


def _answer(answer: Prediction) -> str:
    return f"{escape_markdown(answer.predicted_class)} {answer.probabilities[answer.predicted_class]:.0%}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _summary(original: Prediction, answers: list[Prediction]) -> str:
    first = original.predicted_class
    of_first = spread(answers).set_index("class").loc[first]
    counts = Counter(answer.predicted_class for answer in answers)
    others = [
        f"{escape_markdown(name)} {_times(count)}" for name, count in counts.most_common() if name != first
    ]
    return (
        f"For the unchanged image the model says **{_answer(original)}**. Under {len(answers)} draws it "
        f"says {escape_markdown(first)} {_times(counts[first])}"
        + (f", {join(others)} (:material/swap_horiz: marks these)" if others else "")
        + f"; the probability of {escape_markdown(first)} goes from {of_first['lowest']:.0%} to "
        f"{of_first['highest']:.0%}. Where a change is too small to matter to a reader, a flip is "
        "the model's own unsteadiness."
    )
