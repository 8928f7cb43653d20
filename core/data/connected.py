"""Connected components of a graph, by which groups that share a member are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def connected_components(
    count: int, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the number of the component of each of N nodes, int64 [N].

    Args:
        count: number of nodes N.
        first: one end of each edge, int64 [E].
        second: the other end, int64 [E].
    """
    # Here, since the pages start without SciPy.
    from scipy import sparse  # noqa: PLC0415

    graph = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    return np.asarray(sparse.csgraph.connected_components(graph, directed=False)[1], np.int64)
