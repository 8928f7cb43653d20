"""Data audit: how data leakage leads to 90 % accuracy, and how to spot it elsewhere."""

import streamlit as st

from pages.components.data_audit import (
    checklist,
    own_data,
    paper_errors,
    paper_files,
    paper_sizes,
    paper_statements,
)
from pages.components.data_audit.sections import draw_contents, heading
from pages.components.shared import layout, measured, navigation
from pages.components.shared.user_errors import show_user_errors

page = layout.begin(navigation.DATA_AUDIT)
draw_contents()

heading("numbers")
paper_sizes.sizes_that_fit()
with st.expander("Test the numbers of another paper", icon=":material/calculate:"):
    paper_sizes.another_paper()

heading("files")
paper_files.draw()

heading("errors")
paper_errors.draw()
with st.expander("Contradictions and gaps in the paper", icon=":material/rule:"):
    paper_statements.contradictions()
with st.expander("Earlier work that the paper compares itself with", icon=":material/menu_book:"):
    paper_statements.earlier_work()

heading("worth")
measured.explore()

heading("try")
split = st.container()

heading("copies")
near_duplicates = st.container()

heading("checklist")
checklist.draw()

# What follows may take its time: a folder to be read, a model to be fetched, images to be simulated.
with split:
    own = own_data.draw_split()
with show_user_errors():
    layout.model(page)
if own is not None:
    with near_duplicates:
        own_data.draw_near_duplicates(own)
