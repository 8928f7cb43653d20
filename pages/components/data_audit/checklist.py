"""Questions that show whether a paper's results are inflated by data leakage."""

from __future__ import annotations

import streamlit as st

from core.evaluation.intervals import proportion
from core.paper import statements
from pages.components.shared.text import format_percent

_CHECKLIST = """
1. **What was counted?** Files of each class, and what they are. Masks, annotated duplicates and augmented
   versions are not images of patients.
1. **Do the numbers fit?** A share of n images is k/n. Test the reported shares in section 1: is the n that
   comes out the one that the paper states?
1. **What was kept together?** The unit of the split should be the patient. “Randomly split” usually means
   single files.
1. **Were near-duplicates searched for?** With which method, and what was done with them? An exact hash misses
   a crop, a caliper or another brightness.
1. **Which came first, split or augmentation?** If augmentation, versions of one image are on both sides.
1. **How were epoch, threshold and model chosen?** If on the test set, its result is biased.
1. **How wide is the confidence interval?** {interval}
1. **What do simple baselines reach?** Random guessing, a look-up of near-duplicates, a linear head on a
   frozen network: only the gain over these counts.
1. **What about each class?** Accuracy hides the missed cancers. Ask for sensitivity and specificity with
   confidence intervals, and for the whole confusion matrix.
1. **Does it generalise?** Test on images from another hospital and scanner: there leakage does not help.
"""


def draw() -> None:
    """Draw the questions."""
    images = statements.INFERRED_SIZES["test"]
    interval = (
        f"With {images} images, {statements.TEST_ACCURACY:.0%} is "
        f"{format_percent(proportion(statements.TEST_ACCURACY, images))} at best: near-duplicates and images "
        "of one patient count once."
    )
    st.markdown(_CHECKLIST.format(interval=interval))
    st.markdown("`python train_cli.py audit FOLDER` checks a folder of your own as this page does.")
