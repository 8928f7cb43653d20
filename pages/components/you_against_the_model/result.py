"""The result: a person's confusion matrix beside the model's, their agreement, and what it can say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.data.provenance import BIRADS
from core.evaluation import reader_study
from core.evaluation.reader_study import ReadImage
from core.figures.confusion_matrix import confusion_matrix
from core.serving import result_link
from core.serving.result_link import RESULT
from pages.components.shared import chart, layout, session
from pages.components.shared.keys import Key
from pages.components.shared.text import escape_markdown
from pages.components.you_against_the_model import compared_images, measures, settings, sharing, shown_set

if TYPE_CHECKING:
    from core.evaluation.reader_study import ReaderStudy, Reading
    from core.evaluation.results import Interval
    from core.serving.result_link import Answers, Settings
    from pages.components.shared.open_models import Model
    from pages.components.you_against_the_model.shown_set import ShownSet


def read(shown: ShownSet) -> Answers | None:
    """Return the answers that the address holds, None where it holds none; refuse what is no result."""
    text = st.query_params.get(RESULT)
    if text is None:
        return None
    classes = len(shown.source.model.bundle.manifest.class_names)
    with settings.refuse():
        return result_link.read_result(text, shown.name, len(shown.drawn), classes)


def draw(model: Model, shown: ShownSet, asked: Settings, answers: Answers) -> None:
    """Draw the result.

    Args:
        model: the model that the page shows.
        shown: the set.
        asked: what the address asks for.
        answers: the answers to its images.

    Raises:
        UserError: an image is gone, or the network cannot be loaded.
    """
    study, label = _study(shown, answers), escape_markdown(shown.source.model.label)
    with layout.main_object():
        _headline(study, label)
        left, right = st.columns(2, gap="medium")
        with left:
            _matrix("You", study.person, study.class_names, Key.YOUR_MATRIX, of_person=True)
        with right:
            _matrix(label, study.model, study.class_names, Key.MODEL_MATRIX, of_person=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        result = st.query_params[RESULT]
        sharing.of_result(model, asked, study, shown, result)
        settings.another_set()
        if session.PLAYED_RESULT.get() != result:
            st.caption("Opened from a link: “you” is whoever classified these images.", width="content")
    st.subheader("What so few images can say", anchor=False)
    st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in reader_study.describe(study)))
    measures.draw(study, shown.source)
    measures.draw_agreement(study, label)
    compared_images.draw(study, shown)


def _study(shown: ShownSet, answers: Answers) -> ReaderStudy:
    manifest = shown.source.model.bundle.manifest
    names = manifest.class_names
    rows = zip(
        shown.drawn.to_dict("records"),
        shown_set.probabilities(shown),
        answers.classes,
        answers.seconds,
        strict=True,
    )
    images = [
        ReadImage(
            true_class=row["true_class"],
            answer=None if index is None else names[index],
            seconds=seconds,
            probabilities=probabilities,
            birads=row.get(BIRADS, ""),
        )
        for row, probabilities, index, seconds in rows
    ]
    return reader_study.compare(images, class_names=names, positive_class=manifest.positive_class)


def _headline(study: ReaderStudy, label: str) -> None:
    # An alert, which is read out when it comes.
    count = len(study.images)
    st.info(
        f"**You: {study.person.correct} of {count} correct**, {_short(study.person.margins.accuracy)}. "
        f"**{label}: {study.model.correct} of {count} correct**, {_short(study.model.margins.accuracy)}.",
        icon=":material/flag:",
    )


def _matrix(title: str, reading: Reading, class_names: tuple[str, ...], key: Key, *, of_person: bool) -> None:
    figure = confusion_matrix(
        reading.counts,
        class_names,
        margins=reading.margins,
        unanswered=reading.unanswered if of_person else None,
    )
    by_class = "; ".join(
        f"{true_class}: " + ", ".join(f"{count} {name}" for name, count in zip(class_names, row, strict=True))
        for true_class, row in zip(class_names, reading.counts.tolist(), strict=True)
    )
    missing = reading.unanswered.sum()
    st.markdown(f"**{title}**")
    with st.container(height=figure.layout.height, border=False):
        chart.draw(
            figure,
            key=key,
            alt=f"Confusion matrix of {'your answers' if of_person else 'the model'}. Given classes by true "
            f"class: {by_class}{f'; {missing} without an answer' if missing else ''}",
        )


def _short(share: Interval | None) -> str:
    return "–" if share is None else f"{share.value:.0%} ({100 * share.low:.0f}–{share.high:.0%})"
