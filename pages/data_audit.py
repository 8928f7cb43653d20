"""Data audit: how data leakage leads to 90 % accuracy, and how to spot it elsewhere, in seven steps."""

import streamlit as st

from pages.components.data_audit import (
    checklist,
    gallery,
    leaks,
    paper_errors,
    paper_files,
    paper_sizes,
    split_yourself,
    steps,
)
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

DRAW = {
    "numbers": paper_sizes.draw,
    "files": paper_files.draw,
    "errors": paper_errors.draw,
    "leaks": leaks.draw,
    "try": split_yourself.draw,
    "duplicates": gallery.draw,
    "checklist": checklist.draw,
}

page = layout.begin(navigation.DATA_AUDIT)
step = steps.choose()
with layout.main_object():
    st.markdown(step.sentence)
    DRAW[step.name]()
with show_user_errors():
    layout.model(page)
