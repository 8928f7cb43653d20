"""Confusion matrix: the radiologists as a baseline."""

import bundles
import pandas as pd
from page_texts import page_texts
from readings import add_readings
from visit import go, words

from core.bundle.folder import open_bundle
from core.bundle.manifest import TEST_SET
from core.evaluation.radiologists import describe
from core.inference.evaluate import compare_radiologists

PAGE = "pages/confusion_matrix.py"


def test_the_radiologists_are_a_baseline_beside_the_roc_curves(app, monkeypatch, tmp_path) -> None:
    def add_some_readings(folder):
        add_readings(folder)
        table = pd.read_parquet(folder / TEST_SET)
        table.loc[table["file"] == table["file"].iloc[0], "birads"] = "6"
        table.to_parquet(folder / TEST_SET)

    def add_readings_from_4_on(folder):
        add_readings(folder)
        table = pd.read_parquet(folder / TEST_SET)
        table["birads"] = table["birads"].replace({"2": "4", "3": "4", "4": "5"})
        table.to_parquet(folder / TEST_SET)

    bundles.make_bundle(tmp_path / "read", fill=add_some_readings)
    bundles.make_bundle(tmp_path / "from 4 on", fill=add_readings_from_4_on)
    bundles.make_bundle(tmp_path / "plain")
    monkeypatch.setenv("MODEL", ", ".join(str(tmp_path / name) for name in ("read", "from 4 on", "plain")))
    found = compare_radiologists(open_bundle(tmp_path / "read"))
    areas, *rest = describe(found, open_bundle(tmp_path / "read").manifest.data)
    go(app, PAGE)
    app.query_params["details"] = "ROC and precision-recall"
    text = words(app.run())
    assert areas.startswith("Radiologists' BI-RADS on the same 35 images: AUC ")
    assert areas in text
    assert " ".join(rest) in text
    assert "from BI-RADS 4 on sensitivity 66.7%" in " ".join(page_texts(app))
    assert "same images" in page_texts(app)
    assert "The filled one is that from category 4 on" in text
    assert "6 (malignancy proven by biopsy before) are no assessments" in text
    text = words(app.sidebar.radio[0].set_value("from 4 on").run())
    assert "Radiologists' BI-RADS on the same 36 images: AUC " in text
    for absent in ("The filled one", "From BI-RADS 4 on", "are no assessments"):
        assert absent not in text
    app.sidebar.radio[0].set_value("plain").run()
    assert not app.exception
    assert "BI-RADS" not in words(app)
