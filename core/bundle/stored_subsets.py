"""The metrics of subsets that a manifest has room for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.bundle.held_out_run import MAX_SUBSETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.evaluation.results import SubsetMetrics

# Of the JSON of a bundle's own subsets, and of those of all its runs with held-out sources together; a subset
# with three classes has 6,000 bytes.
MAX_SUBSET_BYTES = 3 * 2**19


def storable(subsets: Sequence[SubsetMetrics], room: int | None = None) -> tuple[SubsetMetrics, ...]:
    """Return those with the most images that a manifest has room for, in their order.

    Args:
        subsets: metrics of subsets.
        room: bytes of their JSON; None for those of a bundle's own.
    """
    room, kept = MAX_SUBSET_BYTES if room is None else room, set()
    for one in sorted(subsets, key=lambda one: -one.as_predicted.images)[:MAX_SUBSETS]:
        room -= len(json.dumps(one.model_dump(mode="json"), indent=2))
        if room < 0:
            break
        kept.add((one.column, one.value))
    return tuple(one for one in subsets if (one.column, one.value) in kept)
