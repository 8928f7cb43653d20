"""Step 7: questions that show whether a paper's results are inflated by data leakage."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from core.evaluation.intervals import proportion
from core.paper import statements
from pages.components.shared import layout
from pages.components.shared.keys import Key, numbered
from pages.components.shared.text import format_percent

_COLUMNS = 2


class Question(NamedTuple):
    """A question to a paper, and what a good answer needs."""

    title: str
    explanation: str


_IMAGES = statements.INFERRED_SIZES["test"]
QUESTIONS = (
    Question(
        "What was counted?",
        "Files of each class, and what they are. Masks, annotated duplicates and augmented versions are not "
        "images of patients.",
    ),
    Question(
        "Do the numbers fit?",
        "A share of n images is k/n. Test the shares in step 1: is the n that comes out the stated one?",
    ),
    Question(
        "What was kept together?",
        "The unit of the split should be the patient. “Randomly split” usually means single files.",
    ),
    Question(
        "Were near-duplicates searched for?",
        "With which method, and what was done with them? An exact hash misses a crop, a caliper or another "
        "brightness.",
    ),
    Question(
        "Which came first, split or augmentation?",
        "If augmentation, versions of one image are on both sides.",
    ),
    Question(
        "How were epoch, threshold and model chosen?",
        "If on the test set, its result is biased.",
    ),
    Question(
        "How wide is the confidence interval?",
        f"With {_IMAGES} images, {statements.TEST_ACCURACY:.0%} is {{interval}} at best: near-duplicates and "
        "images of one patient count once.",
    ),
    Question(
        "What do simple baselines reach?",
        "Random guessing, a look-up of near-duplicates, a linear head on a frozen network: only the gain "
        "over these counts.",
    ),
    Question(
        "What about each class?",
        "Accuracy hides the missed cancers. Ask for sensitivity and specificity with confidence intervals, "
        "and for the whole confusion matrix.",
    ),
    Question(
        "Does it generalise?",
        "Test on images from another hospital and scanner: there leakage does not help.",
    ),
)
KEYS = (Key.CHECKED_PAPER, *(numbered(Key.QUESTION, number) for number in range(1, len(QUESTIONS) + 1)))


@st.fragment
def draw() -> None:
    """Draw the questions, to be ticked, and the list to save."""
    left, right = st.columns([2.6, 1], gap="large")
    with left:
        columns = st.columns(_COLUMNS, gap="large")
        rows = -(-len(QUESTIONS) // _COLUMNS)
        answered = []
        for number, question in enumerate(QUESTIONS, start=1):
            with columns[(number - 1) // rows]:
                answered.append(_question(number, question))
    with right:
        st.metric("Answered well", f"{sum(answered)} of {len(QUESTIONS)}", border=True)
        st.progress(sum(answered) / len(QUESTIONS))
        with layout.controls():
            paper = st.text_input("Paper", key=Key.CHECKED_PAPER, max_chars=200, persist_state="session")
            st.download_button(
                "Save the list",
                _report(paper, answered),
                "checklist.md",
                "text/markdown",
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
            )
        st.markdown("`python train_cli.py audit FOLDER` checks a folder of your own as this page does.")


def _question(number: int, question: Question) -> bool:
    with st.container(gap=None):
        answered = st.checkbox(
            f"**{number}. {question.title}**",
            key=numbered(Key.QUESTION, number),
            persist_state="session",
        )
        st.markdown(_explanation(question))
    return answered


def _explanation(question: Question) -> str:
    interval = format_percent(proportion(statements.TEST_ACCURACY, _IMAGES))
    return question.explanation.format(interval=interval)


def _report(paper: str, answered: list[bool]) -> str:
    """Return the list as Markdown."""
    title = f"# Data leakage: {paper.strip()}" if paper.strip() else "# Data leakage"
    lines = [
        f"- [{'x' if good else ' '}] {question.title} {_explanation(question)}"
        for question, good in zip(QUESTIONS, answered, strict=True)
    ]
    return "\n".join([title, "", f"Answered well: {sum(answered)} of {len(QUESTIONS)}", "", *lines, ""])
