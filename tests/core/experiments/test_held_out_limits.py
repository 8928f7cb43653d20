"""Limits by held-out source come from the bundles of the folds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.bundle.folder import open_bundle
from core.bundle.manifest import OUT_OF_FOLD
from core.evaluation.calibration import fit_temperature
from core.evaluation.conformal import conformal_threshold

pytestmark = pytest.mark.xdist_group("held-out")


@pytest.mark.slow
def test_each_source_is_measured_with_limits_of_the_other(held_out, phantoms: Path, elsewhere: Path) -> None:
    folder, report = held_out.request.output, held_out.report
    sources = {each.name: each for each in report.held_out.sources}
    home, away = phantoms.name, elsewhere.name
    assert set(sources) == {home, away}
    assert sources[home].as_predicted.classes == ("benign", "malignant")
    assert sources[home].among_present is None
    assert sources[away].as_predicted.classes == ("benign", "malignant", "normal")
    assert sources[away].among_present.classes == ("benign", "malignant")
    assert set(report.held_out.limits.conformal_thresholds) == {"benign", "malignant"}

    # The limits of the one, computed again from the other's stored predictions.
    number = next(fold.fold for fold in report.per_fold if fold.name == away)
    temperature = open_bundle(folder / f"fold-{number}").manifest.decision.temperature
    table = pd.read_parquet(folder / OUT_OF_FOLD).query("source == @away")
    logits = np.log(table[["p_benign", "p_malignant", "p_normal"]].to_numpy(float)) * temperature
    truth = (table["true_class"] == "malignant").astype(int).to_numpy()
    fitted = fit_temperature(truth, logits)
    assert sources[home].temperature == pytest.approx(fitted, rel=1e-3)
    probabilities = np.exp(logits / fitted)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    scores = 1 - probabilities[np.arange(len(truth)), truth]
    thresholds = [
        conformal_threshold(scores[truth == label], table["group"].to_numpy()[truth == label])
        for label in (0, 1)
    ]
    of_home = pd.read_parquet(folder / OUT_OF_FOLD).query("source == @home")
    number = next(fold.fold for fold in report.per_fold if fold.name == home)
    temperature = open_bundle(folder / f"fold-{number}").manifest.decision.temperature
    values = of_home[["p_benign", "p_malignant"]].to_numpy(float) ** (temperature / fitted)
    values /= values.sum(axis=1, keepdims=True)
    labels = (of_home["true_class"] == "malignant").astype(int).to_numpy()
    covered = 1 - values[np.arange(len(labels)), labels] <= np.array(thresholds)[labels] + 1e-6
    assert sources[home].as_predicted.coverage.value == pytest.approx(covered.mean(), abs=0.02)
