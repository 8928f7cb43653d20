"""Data audit: how data leakage leads to 90 % accuracy, and how to spot it elsewhere, in seven steps."""

# ruff: noqa: E402 - the browser has something to do before the other imports, which take a second at first

from pages.components.shared import frame

first = frame.begin(charts=True)

import streamlit as st

from pages.components.data_audit import steps
from pages.components.shared import layout, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(first, navigation.DATA_AUDIT)
step = steps.choose(page.bottom)
with layout.main_object():
    st.markdown(step.sentence)
    step.draw()
with show_user_errors():
    layout.model(page)
