import numpy as np
import pytest
from bundles import make_bundle

from core.bundle.folder import open_bundle
from core.evaluation.neighbours import unit_rows
from core.inference.domain_scores import Mahalanobis, Nearest
from core.site.domain import domain


def arrays(limit, content, start=0):
    """The arrays of a limit, read as a browser reads them, and where the next one begins."""
    found = {}
    for name, size in limit["arrays"]:
        kind = "<f2" if name.startswith("half_") else "<f4"
        found[name] = np.frombuffer(content, kind, size, start).astype(np.float64)
        start += -(-found[name].size * np.dtype(kind).itemsize // 4) * 4
    return found, start


def limits(tmp_path, *scores):
    bundle = tmp_path / "bundle"
    make_bundle(bundle)
    opened = open_bundle(bundle)
    decision = opened.manifest.decision
    first = decision.domain_limits[0]
    given = tuple(first.model_copy(update={"score": score, "threshold": 0.5}) for score in scores)
    manifest = opened.manifest.model_copy(update={"decision": decision.model_copy(update={"domain": given})})
    return type(opened)(opened.folder, manifest)


def test_the_nearest_neighbour_needs_the_embeddings(tmp_path):
    bundle = limits(tmp_path, "nearest")
    (limit,), content = domain(bundle)
    found, end = arrays(limit, content)
    training = bundle.training_embeddings()
    rows = found["half_training"].reshape(training.shape)
    assert end == len(content)
    assert unit_rows(rows) == pytest.approx(Nearest(training).training, abs=1e-6)
    assert limit["threshold"] == 0.5
    assert limit["rule"]


def test_a_gaussian_is_its_mean_and_an_upper_triangle(tmp_path):
    bundle = limits(tmp_path, "nearest", "mahalanobis")
    (nearest, limit), content = domain(bundle)
    _, start = arrays(nearest, content)
    found, end = arrays(limit, content, start)
    assert end == len(content)
    training = bundle.training_embeddings()
    score = Mahalanobis(training)
    row = training[0] + np.random.default_rng(0).normal(0, training.std(), training.shape[1])
    centred = unit_rows(row[np.newaxis])[0] - found["centre"]
    distance, place = 0.0, 0
    for column in range(len(centred)):
        distance += (centred[: column + 1] @ found["whitening"][place : place + column + 1]) ** 2
        place += column + 1
    assert place == found["whitening"].size
    assert distance**0.5 == pytest.approx(float(score(row[np.newaxis])[0]), rel=1e-4)
