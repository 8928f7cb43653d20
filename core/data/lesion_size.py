"""The sizes that lesions fall into, by the share of the image that they cover."""

from __future__ import annotations

import math

SIZES = {
    "lesion under 5 % of the image": 0.05,
    "lesion 5 to 10 % of the image": 0.1,
    "lesion 10 % of the image or more": math.inf,
}
"""Name of a size → the share that it stays below.

The bounds are fixed, so that two hospitals are compared on lesions of the same size. They are near the
terciles of BUS-BRA (4.1 and 9.7 %) and of the lesions of BUSI (3.2 and 10.4 %).
"""


def size_of(area: float) -> str:
    """Return the name of a lesion's size; empty where the area is not known, or the mask is blank.

    Args:
        area: share of the image, 0-1, from ``core.data.lesion_area``; NaN where it is not known.
    """
    return next((name for name, bound in SIZES.items() if 0 < area < bound), "")
