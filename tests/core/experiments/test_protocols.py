"""The linear head on frozen features."""

import numpy as np

from core.experiments.protocols import linear_head


def test_the_linear_head_learns_and_knows_the_class_order() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    features = (rng.normal(size=(300, 20)) + 3 * np.eye(20)[labels]).astype(np.float32)
    features[:, 19] = 7  # a unit that is never on
    probabilities = linear_head(features[:200], labels[:200], features[200:])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == labels[200:]).mean() > 0.9
