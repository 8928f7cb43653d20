"""How leaking data makes 90 %, and how to spot it elsewhere."""

import streamlit as st

from core.evaluation.intervals import wilson
from core.paper import statements
from pages.components.data_audit import collection, leak_story
from pages.components.data_audit.contradictions import contradictions, earlier_work
from pages.components.data_audit.gallery import counts, gallery, problems
from pages.components.data_audit.split_yourself import split_yourself
from pages.components.shared import data_folder, layout, measured
from pages.components.shared.text import escape_markdown, with_interval

SECTIONS = {
    "numbers": "1. The numbers tell how many images there were",
    "files": "2. The sizes add up to images and masks",
    "errors": "3. Ninety percent, file by file",
    "worth": "4. What each leak is worth, measured",
    "try": "5. Split the images yourself",
    "copies": "6. The copies, with images",
    "checklist": "7. How to spot it elsewhere",
}
CHECKLIST = """
1. **What was counted?** Files of each class, and what they are. Masks, annotated doubles and augmented copies
   are no images of patients.
1. **Do the numbers fit?** A share of n images is k/n. Put the reported shares to the test in section 1: is
   the n that comes out the one that the paper states?
1. **What was never parted?** The unit of the split should be the patient. “Randomly split” without another
   word usually means single files.
1. **Were copies looked for?** With which method, and what was done with those found? An exact hash misses a
   crop, a caliper or another brightness.
1. **What came first, the split or the augmentation?** If the augmentation, versions of one image stand on
   both sides.
1. **On what were epoch, threshold and model chosen?** If on the test set, its figure is no test any more.
1. **How wide is the interval?** {interval}
1. **What do simple methods get?** Guessing, a look-up of copies, a linear head on a frozen network: a figure
   is worth its distance from these.
1. **What about each class?** Accuracy hides the misses that count. Ask for sensitivity and specificity with
   intervals, and for the whole matrix.
1. **Does it hold elsewhere?** On images of another hospital and another machine a leak of this kind is of
   no help.
"""


def _heading(anchor: str) -> None:
    st.subheader(SECTIONS[anchor], anchor=anchor)


page = layout.begin(layout.DATA_AUDIT)
st.markdown(
    f"A paper reports {statements.TEST_ACCURACY:.0%} accuracy on breast ultrasound images. This page "
    "follows that number to where it seems to come from, measures what it is worth, and ends with questions "
    f"for any other paper. What the paper ({statements.CITATION}) does not say is inferred from its numbers, "
    "and is called so."
)
st.markdown("\n".join(f"{title[:3]}[{title[3:]}](#{anchor})" for anchor, title in SECTIONS.items()))

_heading("numbers")
leak_story.sizes_that_fit()
with st.expander("Put another paper’s numbers to this test", icon=":material/calculate:"):
    leak_story.another_paper()

_heading("files")
leak_story.files_that_fit()

_heading("errors")
leak_story.errors_that_fit()
with st.expander("Where the paper contradicts itself, and what it does not say", icon=":material/rule:"):
    contradictions()
with st.expander("The work that the paper compares itself with", icon=":material/menu_book:"):
    earlier_work()

_heading("worth")
measured.explore()

_heading("try")
at_try = st.container()

_heading("copies")
at_copies = st.container()

_heading("checklist")
inferred = statements.INFERRED_SIZES["test"]
interval = (
    f"With {inferred} images, {statements.TEST_ACCURACY:.0%} is "
    f"{with_interval(wilson(statements.TEST_ACCURACY, inferred))} at best: copies and images of one "
    "patient count once."
)
st.markdown(CHECKLIST.format(interval=interval))
st.markdown("`python train_cli.py audit FOLDER` looks at a folder of your own as this page does.")


# What follows may take its time: a folder to be read, a model to be fetched, images to be simulated.
folder = data_folder.setting()
with at_try:
    audited = None if folder is None else data_folder.outcome(folder)
    shown = (
        collection.phantoms() if folder is None or audited is None else collection.of_folder(folder, audited)
    )
    if shown is None:
        st.info("There are no images here: models/ holds no embedded model.", icon=":material/info:")
    else:
        hint = " Set DATA_DIR to a folder of your own to see that instead." if folder is None else ""
        st.caption(f"Images: {escape_markdown(shown.name)}.{hint}")
        split_yourself(shown)
with layout.show_user_errors():
    layout.model(page)
if shown is not None:
    with at_copies:
        counts(shown)
        if audited is not None:
            problems(audited.table)
        gallery(shown)
