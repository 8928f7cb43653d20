"""The seven steps of the Data audit page: which one is shown, and the way to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from pages.components.data_audit import (
    checklist,
    duplicates,
    leaks,
    paper_errors,
    paper_files,
    paper_page,
    paper_sizes,
    split_yourself,
)
from pages.components.shared import session
from pages.components.shared.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.delta_generator import DeltaGenerator


class Step(NamedTuple):
    """A step of the page.

    Attributes:
        name: name in the address.
        title: name in the progress line.
        heading: what it is about.
        sentence: what it finds, and what to do.
        draw: function that draws it.
        keys: widgets whose values are kept when the step is left. A link that names one of them and no step
            leads here.
    """

    name: str
    title: str
    heading: str
    sentence: str
    draw: Callable[[], None]
    keys: tuple[str, ...] = ()


STEPS = (
    Step(
        "numbers",
        "Numbers",
        "How many images?",
        "Nikmah et al. (2024) report 90 % accuracy. An accuracy on n images is k/n with a whole number k: "
        "few n can give all ten accuracies of their Table 3.",
        paper_sizes.draw,
        (Key.TABLE_3, Key.SHARES, Key.LARGEST_N, Key.TRIED_N),
    ),
    Step(
        "files",
        "Files",
        "Images, masks, or both?",
        "BUSI, a public data set with the paper's classes, has a hand-drawn segmentation mask for every "
        "image. **Which of these files are masks? Click them.**",
        paper_files.draw,
        (Key.SHOW_MASKS,),
    ),
    Step(
        "errors",
        "Errors",
        "The 90 %, file by file",
        "The paper prints no confusion matrix of its test set. Its text names enough errors to infer one.",
        paper_errors.draw,
        (Key.ERRORS,),
    ),
    Step(
        "leaks",
        "Leaks",
        "What each leak adds",
        "We measured one frozen network with a linear head on BUSI, with the files and the split of three "
        "protocols.",
        leaks.draw,
        (Key.IMAGE_SIZE, Key.METRIC),
    ),
    Step(
        "try",
        "Try it",
        "Split the images yourself",
        "Draw a test set: how many of its images have a near-duplicate in training, and how far does merely"
        " looking those up get?",
        split_yourself.draw,
        (Key.SPLIT, Key.SPLIT_NUMBER, Key.TEST_SHARE),
    ),
    Step(
        "duplicates",
        "Duplicates",
        "The near-duplicates",
        "Each frame holds images that show the same. Click one to compare them: do you see why?",
        duplicates.draw,
        (Key.GROUPS, Key.GROUPS_PAGE),
    ),
    Step(
        "checklist",
        "Checklist",
        "Check another paper",
        "These questions show leakage elsewhere: tick what a paper of your choice answers well.",
        checklist.draw,
        checklist.KEYS,
    ),
)


def choose(bottom: DeltaGenerator) -> Step:
    """Draw the progress line, the heading and the ways on of the step that the address names.

    Args:
        bottom: row at the bottom of the window, for the buttons: there they cover nothing.

    Returns:
        The step.
    """
    shown = _shown()
    number = STEPS.index(shown)
    # The address decides, so that a link, the buttons and the browser's own back button agree.
    session.STEP_PICKER.set(shown.name)
    st.segmented_control(
        "Step",
        [step.name for step in STEPS],
        required=True,
        key=Key.STEP_PICKER,
        on_change=_pick,
        label_visibility="collapsed",
        width="stretch",
        wrap=True,
        format_func={step.name: f"{place} {step.title}" for place, step in enumerate(STEPS, 1)}.__getitem__,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(shown.heading, anchor=False)
        paper_page.draw_button()
    with bottom.container(
        key=Key.STEP_BUTTONS, horizontal=True, horizontal_alignment="right", width="stretch", gap="xsmall"
    ):
        st.button(
            "Back",
            icon=":material/arrow_back:",
            shortcut="k",
            disabled=number == 0,
            on_click=_go,
            args=(number - 1,),
        )
        st.button(
            "Next",
            icon=":material/arrow_forward:",
            shortcut="j",
            type="primary",
            disabled=number == len(STEPS) - 1,
            on_click=_go,
            args=(number + 1,),
        )
    return shown


def _shown() -> Step:
    named = st.query_params.get(Key.STEP)
    found = [step for step in STEPS if step.name == named]
    if not found:
        found = [step for step in STEPS if any(key in st.query_params for key in step.keys)]
        for step in found[:1]:  # a widget that is back at its default leaves the address
            st.query_params[Key.STEP] = step.name
    return [*found, STEPS[0]][0]


def _pick() -> None:
    name = session.STEP_PICKER.get()
    _open(next(step for step in STEPS if step.name == name))


def _go(number: int) -> None:
    _open(STEPS[number])


def _open(step: Step) -> None:
    st.query_params[Key.STEP] = step.name
    session.send_again(step.keys)
