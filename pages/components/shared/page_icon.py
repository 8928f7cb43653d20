"""The app's icon in the browser tab."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image


@st.cache_resource
def page_icon() -> Image.Image:
    """Draw the sector that an ultrasound probe scans; a named icon would be fetched from another server."""
    y, x = np.mgrid[:64, :64] - np.array([4, 32]).reshape(2, 1, 1)
    depth = np.hypot(x, y)
    sector = (np.abs(np.arctan2(x, y)) < 0.62) & (depth > 14) & (depth < 58)  # noqa: PLR2004
    rings = sector & (depth % 12 > 3)  # noqa: PLR2004
    return Image.fromarray(np.where(rings[..., np.newaxis], [11, 92, 173, 255], 0).astype(np.uint8))
