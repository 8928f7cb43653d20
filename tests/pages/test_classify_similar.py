"""Classify: similar known images, as cards where their pixels can be had, else as a table; and the report."""

import numpy as np
import pandas as pd
import pytest
from bundles import CLASSES, as_before, make_bundle
from hub_datasets import DATA
from hub_datasets import upload as upload_data_set
from visit import FIRST, MODELS, REAL, cards, go, png, send, words

from core.bundle import known_images
from core.bundle.folder import open_bundle
from core.bundle.manifest import EMBEDDED, SPLIT
from core.data.image_facts import pixel_hash
from core.data.phantom.simulate import simulate
from core.data.provenance import BUSI
from core.figures.style import class_colours
from core.inference.classifier import Classifier
from core.inference.similar import SimilarImages
from pages.components.shared import data_folder, examples
from pages.components.shared.keys import Key

CLASSIFY = "pages/classify.py"
TESTED, LEARNED = f"{Key.SIMILAR_IMAGES} test", f"{Key.SIMILAR_IMAGES} train"
TABLE = "The {} most similar known images"


@pytest.fixture
def opened(app):
    """A visitor who comes by a link to the open panel of the first teaching model."""
    app.query_params.update({"model": FIRST, "similar": "true"})
    return app


def table_of(app, count: int) -> pd.DataFrame:
    (found,) = [one.value for one in app.dataframe if one.proto.alt == TABLE.format(count)]
    return found


def galleries(app) -> set[str]:
    ids = [element.proto.id for element in app.get("bidi_component")]
    return {key for key in (TESTED, LEARNED) if any(one.endswith(f"-{key}") for one in ids)}


def test_nothing_is_read_until_the_panel_is_open(app, upload, monkeypatch, tmp_path) -> None:
    make_bundle(tmp_path / "frail", seed=78)
    monkeypatch.setenv("MODEL", str(tmp_path / "frail"))
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    (tmp_path / "frail" / EMBEDDED).unlink()
    app.run()
    assert [one.label for one in app.expander] == ["Similar known images"]
    assert known_images.LIKENESS not in words(app)
    assert not app.error
    app.query_params["similar"] = "true"
    app.run()
    assert [one.value.replace("\\", "") for one in app.error] == [
        f"frail has no {EMBEDDED}; pull or train it again."
    ]


def test_test_images_are_cards_and_training_images_a_table(opened, upload) -> None:
    go(opened, CLASSIFY)
    send(opened, upload[0], png(upload[1]))
    assert not opened.exception
    bundle = open_bundle(MODELS / FIRST)
    found = SimilarImages(bundle).nearest(Classifier(bundle).classify(upload[1]))
    tested, learned = found[:3], found[3:]
    assert galleries(opened) == {TESTED}
    colours = class_colours(bundle.manifest.class_names)
    for card, one in zip(cards(opened, TESTED), tested, strict=True):
        assert (card["label"], card["colour"]) == (one.true_class, colours[one.true_class])
        assert card["note"] == f"predicted as {one.predicted_class}"
        assert card["detail"] == f"{one.distance:.3f} · {one.file.rpartition('/')[2]}"
        assert not card["mark"]
    table = table_of(opened, 3)
    assert list(table.columns) == ["set", "true class", "distance", "image"]
    assert table["image"].tolist() == [one.file.rpartition("/")[2] for one in learned]
    assert np.allclose(table["distance"], [one.distance for one in learned], atol=1e-5)
    assert "3 of these 6 images cannot be shown." in words(opened)
    assert known_images.LIKENESS in words(opened)
    assert known_images.describe_agreement(bundle.manifest) in words(opened)


def test_the_image_itself_is_named_as_such(opened) -> None:
    go(opened, CLASSIFY)
    stored = open_bundle(MODELS / FIRST).test_images()
    sha256 = next(iter(stored))
    send(opened, "one.png", png(stored[sha256]))
    first = cards(opened, TESTED)[0]
    assert (first["key"], first["mark"]) == (sha256, True)
    assert first["detail"].startswith("This image. 0.000 · ")


@pytest.mark.slow
def test_a_model_without_pixels_has_one_table_of_both_sets(app, upload) -> None:
    app.query_params.update({"model": REAL, "similar": "true"})
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    table = table_of(app, 6)
    assert table["set"].tolist() == ["test"] * 3 + ["training"] * 3
    assert table["predicted as"].astype(bool).tolist() == [True] * 3 + [False] * 3
    assert not galleries(app)
    assert "These images cannot be shown." in words(app)
    assert "set DATA_DIR to the folder of" in words(app)


@pytest.fixture
def clinic(tmp_path, monkeypatch):
    """A model of real images, offered alone, and the files of its training images."""
    files = {
        f"{label}/{label} {number}.png": np.repeat(
            simulate(label, np.random.default_rng([7, number])).image[..., np.newaxis], 3, axis=2
        )
        for label in CLASSES
        for number in range(6)
    }
    hashes = [pixel_hash(pixels) for pixels in files.values()]

    def rehash(folder) -> None:
        split = pd.read_csv(folder / SPLIT)
        training = split["set"] == "train"
        replaced = dict(zip(split.loc[training, "sha256"], hashes, strict=True))
        for name in (SPLIT, EMBEDDED):
            table = pd.read_csv(folder / name)
            table.assign(sha256=table["sha256"].replace(replaced)).to_csv(folder / name, index=False)

    make_bundle(tmp_path / "real", fill=rehash, data=BUSI.model_dump())
    monkeypatch.setenv("MODEL", str(tmp_path / "real"))
    return {name: png(pixels) for name, pixels in files.items()}


@pytest.mark.slow
def test_the_data_folder_gives_training_images(app, clinic, upload, tmp_path, monkeypatch) -> None:
    for name, data in clinic.items():
        (tmp_path / "clinic" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "clinic" / name).write_bytes(data)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "clinic"))
    app.query_params["similar"] = "true"
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    assert not app.exception
    assert galleries(app) == {TESTED, LEARNED}
    assert [card["note"] for card in cards(app, LEARNED)] == [""] * 3
    assert "cannot be shown" not in words(app)
    # A file that has changed since is no longer that image.
    learned = {card["key"] for card in cards(app, LEARNED)}
    for path in data_folder.files(tmp_path / "clinic").values():
        path.write_bytes(png(np.zeros((50, 50), np.uint8)))
    app.run()
    assert galleries(app) == {TESTED}
    assert len(table_of(app, 3)) == len(learned) == 3


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
@pytest.mark.usefixtures("empty_cache")
def test_so_does_the_data_set_of_examples(app, clinic, upload, anns_hub, monkeypatch) -> None:
    monkeypatch.setenv("EXAMPLES", f"{DATA}@{upload_data_set(anns_hub, clinic)}")
    examples._fetched(examples.setting()).future.result(60)
    app.query_params["similar"] = "true"
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    assert galleries(app) == {TESTED, LEARNED}


@pytest.mark.slow
def test_a_data_folder_that_cannot_be_used_is_said(app, clinic, upload, tmp_path, monkeypatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "nowhere"))
    app.query_params["similar"] = "true"
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    assert galleries(app) == {TESTED}
    assert "DATA_DIR names no folder that can be opened" in words(app)


def test_a_bundle_that_does_not_tell_its_images_says_so(app, upload, tmp_path, monkeypatch) -> None:
    def unclear(folder) -> None:
        as_before(folder)
        split = pd.read_csv(folder / SPLIT)
        split.loc[split.index[split["set"] == "validation"][0], "set"] = "train"
        split.to_csv(folder / SPLIT, index=False)

    make_bundle(tmp_path / "unclear", fill=unclear)
    monkeypatch.setenv("MODEL", str(tmp_path / "unclear"))
    app.query_params["similar"] = "true"
    go(app, CLASSIFY)
    send(app, upload[0], png(upload[1]))
    assert not app.exception
    assert [one.value for one in app.info if "nothing to compare with" in one.value]
