"""What stands behind a click: the visitor's own image, and the ranges as files to train with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.augmentation.keras_code import keras_program
from pages.components.shared import examples, images

if TYPE_CHECKING:
    from core.augmentation.ranges import Augmentation
    from pages.components.shared.input_image import InputImage
    from pages.components.shared.open_models import Model

_JSON, _PROGRAM = "augmentation.json", "augmentation.py"


def choose_image(model: Model) -> InputImage:
    """Draw the uploader and the image picker; return the visitor's image, or else an example."""
    with st.popover("Image", icon=":material/image:", help="Use your own image"):
        images.intake()
        return images.select() or examples.first(model) or images.example()


def downloads(shown: Augmentation) -> None:
    """Offer the shown augmentation as a file for training and as a Keras program."""
    program = keras_program(shown, _PROGRAM)
    with st.popover("Export", icon=":material/download:", help="Train with these ranges"):
        with st.container(horizontal=True):
            st.download_button(
                "JSON for training",
                shown.model_dump_json(indent=2),
                _JSON,
                "application/json",
                icon=":material/download:",
                on_click="ignore",
            )
            st.download_button(
                "Program for TensorFlow",
                program,
                _PROGRAM,
                "text/x-python",
                icon=":material/download:",
                on_click="ignore",
            )
        st.caption("Train with exactly these ranges:")
        st.code(
            f"python train_cli.py train DATA \\\n  --output DIR --augmentation {_JSON}",
            language=None,  # the colours of code are too faint on either theme
            wrap_lines=True,
        )
        with st.expander("The program", icon=":material/code:"):
            st.code(program, language=None, wrap_lines=True)
