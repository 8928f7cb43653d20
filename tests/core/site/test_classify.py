import hashlib
import json

import pytest
from bundles import make_bundle
from hostile_names import CLASSES, make_hostile_bundle
from paths import ROOT

from core.bundle.folder import open_bundle
from core.bundle.training_overlap import seen_images
from core.inference.prediction_table import Origin as TableOrigin
from core.inference.prediction_table import prediction_columns
from core.site.classify import SEEN, SITE, Origin, files
from core.site.files import read
from core.site.runtime import BINARY


@pytest.fixture
def runtime(tmp_path):
    binary = tmp_path / BINARY
    binary.write_bytes(b"\0asm")
    return {BINARY: binary}


def site_of(bundle, runtime, name="ann/model@v1", commit="0123"):
    return files(open_bundle(bundle), Origin(name, commit), runtime)


def test_what_the_browser_needs_is_what_the_bundle_says(tmp_path, runtime):
    bundle = tmp_path / "bundle"
    manifest = make_bundle(bundle)
    found = site_of(bundle, runtime)
    site = json.loads(found[SITE])
    assert tuple(site["classes"]) == manifest.class_names
    assert site["preprocessing"] == manifest.recipe.preprocessing.model_dump()
    assert site["conformal_thresholds"] == [
        manifest.decision.conformal_threshold_of(name) for name in manifest.class_names
    ]
    sizes = {name: found[name] for name, *_ in site["downloads"]}
    for name, size, sha256 in site["downloads"]:
        content = read(sizes[name])
        assert (size, sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert list(site["files"].values()) == [name for name, *_ in site["downloads"]]


def test_downloads_have_the_columns_of_the_app(tmp_path, runtime):
    bundle = tmp_path / "bundle"
    manifest = make_bundle(bundle)
    table = json.loads(site_of(bundle, runtime)[SITE])["table"]
    columns = prediction_columns(manifest.class_names)
    assert table["columns"][3 : 3 + len(columns)] == columns
    assert table["columns"][-3:] == list(TableOrigin._fields)
    assert table["origin"]["model"] == "ann/model@v1"
    assert table["origin"]["commit"] == "0123"


def test_seen_are_training_and_validation_images(tmp_path, runtime):
    bundle = tmp_path / "bundle"
    make_bundle(bundle)
    seen = json.loads(site_of(bundle, runtime)[SEEN])
    expected = seen_images(open_bundle(bundle), "x")
    assert seen.keys() == set(expected["sha256"])
    split = open_bundle(bundle).table("split.csv")
    assert not seen.keys() & set(split.loc[split["set"] == "test", "sha256"])


def test_a_model_of_simulated_images_says_that_others_are_outside(runtime):
    phantom, real = (
        json.loads(site_of(ROOT / "models" / name, runtime)[SITE]) for name in ("phantom", "busi-busbra")
    )
    assert "simulated" in phantom["outside"]
    assert real["outside"] is None


def test_what_sets_are_worth_elsewhere_stands_on_the_page(runtime):
    phantom, real = (
        site_of(ROOT / "models" / name, runtime)["index.html"].decode() for name in ("phantom", "busi-busbra")
    )
    assert "Measured at home only" in phantom
    assert "the worst of" in real


def test_names_are_escaped(tmp_path, runtime):
    bundle = tmp_path / "bundle"
    make_hostile_bundle(bundle)
    found = site_of(bundle, runtime, name="<script>x</script>{privacy}")
    text = found["index.html"].decode()
    assert "<script>x" not in text
    assert "{privacy}" in text
    site = json.loads(found[SITE])
    assert "\x1b" not in "".join(site["classes"])
    assert tuple(site["table"]["classes"]) == CLASSES
