import json

import pandas as pd
import pytest
from bundles import make_bundle
from paths import ROOT

from core.bundle.folder import open_bundle
from core.bundle.history import Run
from core.bundle.manifest import HISTORY, VALIDATION
from core.figures.learning_curves import learning_curves
from core.site import training_curves
from core.site.charts import as_plain
from core.site.classify import Origin

ORIGIN = Origin("phantom", "")


def made(folder):
    files = training_curves.files(open_bundle(folder), ORIGIN)
    page = files["training-curves.html"].decode()
    return page, json.loads(files["charts/training-curves.json"]), files["training-curves.csv"].decode()


def test_the_page_shows_the_last_epoch_before_any_script_runs():
    page, content, csv = made(ROOT / "models" / "phantom")
    assert "Epoch 40 of 40: training accuracy 96.0%, validation 84.4%" in page
    assert "The model is epoch 27 of 40, the best on the validation set." in page
    assert "Accuracy up to epoch 40: training 0.960, validation 0.844 for phantom" in page
    assert "180 validation images" in page
    assert [one["epoch"] for one in content["epochs"]] == list(range(1, 41))
    assert content["epochs"][0]["facts"][0]["name"] == "Best epoch so far"
    assert len(csv.splitlines()) == 41


def test_charts_are_those_of_the_app():
    bundle = open_bundle(ROOT / "models" / "phantom")
    _, content, _ = made(bundle.folder)
    run = Run("phantom", bundle.table(HISTORY), bundle.manifest.best_epoch)
    for measure in ("accuracy", "loss"):
        whole = as_plain(learning_curves([run], measure, epoch=40))
        assert content["charts"][measure]["figure"] == json.loads(json.dumps(whole))


def test_an_epoch_without_predictions_says_so_and_the_replay_goes_on(tmp_path):
    def forget(folder):
        table = pd.read_parquet(folder / VALIDATION)
        table[table["epoch"] != 2].to_parquet(folder / VALIDATION)

    make_bundle(tmp_path / "thin", fill=forget)
    _, content, _ = made(tmp_path / "thin")
    assert [one["matrix_of"] for one in content["epochs"]] == [
        "9 validation images",
        "no validation predictions",
        "9 validation images",
    ]
    assert content["epochs"][1]["alt"]["matrix"] == "The bundle has no validation predictions of epoch 2."


@pytest.mark.slow
def test_a_very_long_training_is_thinned_and_its_table_is_not(tmp_path):
    epochs = 3_000

    def lengthen(folder):
        table = pd.read_csv(folder / HISTORY)
        table = pd.concat([table.iloc[[0]]] * epochs, ignore_index=True).assign(epoch=range(1, epochs + 1))
        table.to_csv(folder / HISTORY, index=False)

    recipe = {"name": "t", "backbone": "tiny", "epochs": epochs, "preprocessing": {"image_size": 32}}
    make_bundle(tmp_path / "long", fill=lengthen, recipe=recipe, best_epoch=777)
    page, content, csv = made(tmp_path / "long")
    shown = [one["epoch"] for one in content["epochs"]]
    assert len(shown) <= 200
    assert {1, 777, epochs} <= set(shown)
    assert len(csv.splitlines()) == epochs + 1
    assert page.count("<tr>") < 250
