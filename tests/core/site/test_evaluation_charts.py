from paths import ROOT

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.evaluation.predictions import LabelledPredictions
from core.site.evaluation_charts import sections


def test_threshold_ranking_and_calibration_with_the_words_of_the_app():
    bundle = open_bundle(ROOT / "models" / "phantom")
    shown = LabelledPredictions.from_table(bundle.table(TEST_SET), bundle.manifest.class_names)
    threshold, ranking, calibration = sections(bundle.manifest, shown)
    assert [*threshold.charts, *ranking.charts, *calibration.charts] == [
        "tradeoff",
        "roc",
        "precision-recall",
        "reliability",
    ]
    assert "with operating point 9.5%" in threshold.html()
    auc = bundle.manifest.metrics.per_class["malignant"].auc.in_words()
    assert f"malignant {auc}" in ranking.html()
    error = bundle.manifest.metrics.expected_calibration_error
    assert f"Expected calibration error: {error.value:.3f}." in calibration.html()
    assert threshold.html(is_open=True).startswith("<details open><summary>Threshold</summary>")
