"""What can be inferred from the accuracies in the paper's Table 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.paper import statements
from pages.components.shared import data_table
from pages.components.shared.text import escape_markdown
from pages.components.training_curves import runs

if TYPE_CHECKING:
    from pages.components.shared.open_models import Model


def draw(model: Model) -> None:
    """Draw the inference and the table itself."""
    sizes = statements.INFERRED_SIZES
    with st.expander("What the paper's numbers show", icon=":material/menu_book:"):
        st.markdown(
            f"- Choose *{runs.TABLE_3}* under Compare to see its curve. It gives no losses.\n- The paper "
            f"keeps epoch {statements.BEST_EPOCH}, which has the highest *training* accuracy (tied "
            f"with epoch 4); by validation accuracy epoch {statements.best_by_validation()} is best.\n- To "
            f"four digits, every accuracy is a multiple of 1/{sizes['train']} or 1/{sizes['validation']}. "
            "From that the sizes of training and validation set can be inferred; with the test set they make "
            f"up {sum(sizes.values())} files, as many as BUSI has images and segmentation masks together. So "
            "masks were probably used as images.\n- The paper's validation images were probably augmented, "
            f"too. The curve of {escape_markdown(model.label)} therefore measures something else."
        )
        data_table.draw(
            statements.history(),
            column_config={
                "accuracy": st.column_config.NumberColumn("training accuracy", format="%.4f"),
                "val_accuracy": st.column_config.NumberColumn("validation accuracy", format="%.4f"),
            },
            alt="Table 3 of the paper, one row per epoch",
        )
        st.caption(
            f"Source: {statements.CITATION}, Table 3. The sizes are inferred, not stated by the paper."
        )
