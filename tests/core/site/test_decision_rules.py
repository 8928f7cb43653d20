import numpy as np
from paths import ROOT

from core.bundle.folder import open_bundle, read_manifest
from core.bundle.manifest import TEST_SET
from core.evaluation.predictions import LabelledPredictions
from core.site.decision_rules import rules

FOLDER = ROOT / "models" / "phantom"


def test_the_matrix_of_the_first_rule_is_that_of_the_manifest():
    bundle = open_bundle(FOLDER)
    names = bundle.manifest.class_names
    shown = LabelledPredictions.from_table(bundle.table(TEST_SET), names)
    most_probable, operating = rules(bundle.manifest, shown)
    assert most_probable.counts.tolist() == [list(row) for row in bundle.manifest.metrics.confusion_matrix]
    assert operating.words.startswith("malignant at a probability of 9.5% or more")
    assert operating.counts[1, 1] > most_probable.counts[1, 1]
    inside = most_probable.inside(shown, 1, 0)
    assert len(inside) == most_probable.counts[1, 0]
    assert (np.diff(shown.probabilities[inside, 0]) <= 0).all()


def test_without_a_positive_class_there_is_one_rule():
    manifest = read_manifest(FOLDER)
    shown = LabelledPredictions(np.array([0, 1, 2]), np.eye(3), np.arange(3))
    assert len(rules(manifest.model_copy(update={"positive_class": None}), shown)) == 1
