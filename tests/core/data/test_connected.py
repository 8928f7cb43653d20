"""Connected components: nodes that edges join, directly or through others."""

import numpy as np

from core.data.connected import connected_components


def test_edges_join_nodes_directly_and_through_others() -> None:
    found = connected_components(6, np.array([0, 4, 1]), np.array([4, 2, 1]))
    assert found.dtype == np.int64
    assert len(set(found[[0, 2, 4]])) == 1
    assert len(set(found)) == 4


def test_without_edges_every_node_is_alone() -> None:
    none = np.empty(0, np.int64)
    assert connected_components(3, none, none).tolist() == [0, 1, 2]
    assert connected_components(0, none, none).tolist() == []
