"""Example images: of a bundle, of a folder, of a data set on the Hub."""

import io
from collections import Counter

import numpy as np
import pytest
from bundles import CLASSES, COUNTS, SIDE
from hub_datasets import CARD, DATA, REPO, images, png, table, upload
from PIL import Image

from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import TEST_IMAGES, TEST_SET
from core.data.image_facts import pixel_hash
from core.data.provenance import BUSI, PHANTOM_DATA
from core.errors import UserError
from core.serving import data_folder, examples

HUB = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def rewritten(folder, **fields):
    """The bundle of a folder with other fields in its manifest."""
    kept = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    write_manifest(folder, **kept | fields)
    return open_bundle(folder)


def classes_of(found) -> Counter:
    return Counter(one.true_class for one in found.images)


def test_a_bundle_gives_its_test_images_as_its_network_saw_them(bundle) -> None:
    opened = open_bundle(bundle)
    found = examples.of_bundle(opened)
    assert found.tested
    assert found.source == opened.manifest.data
    assert classes_of(found) == dict.fromkeys(CLASSES, COUNTS["test"])
    assert {one.true_class for one in found.images[: len(CLASSES)]} == set(CLASSES)
    rows = opened.table(TEST_SET).set_index("sha256")["true_class"]
    for one in found.images:
        assert rows[one.sha256] == one.true_class
        assert np.array_equal(one.read(), opened.test_images()[one.sha256])


def test_a_bundle_without_images_or_whose_network_crops_gives_none(bundle, other) -> None:
    recipe = read_manifest(bundle).recipe.model_dump()
    recipe["preprocessing"]["border_crop"] = 0.1
    assert examples.of_bundle(rewritten(bundle, recipe=recipe)) is None
    (other / TEST_IMAGES).unlink()
    assert examples.of_bundle(rewritten(other)) is None


def test_a_folder_gives_the_test_images_that_it_has(bundle, tmp_path) -> None:
    opened = open_bundle(bundle)
    pixels = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    rows = opened.table(TEST_SET)
    rows.loc[0, "sha256"] = pixel_hash(pixels)
    rows.to_parquet(bundle / TEST_SET)
    (tmp_path / "data").mkdir()
    Image.fromarray(pixels).save(tmp_path / "data" / "renamed.png")
    (tmp_path / "data" / "other.png").write_bytes(png(7))
    files = data_folder.index(tmp_path / "data")
    found = examples.of_folder(tmp_path / "data", files, rewritten(bundle))
    (one,) = found.images
    assert found.tested
    assert one.true_class == rows.loc[0, "true_class"]
    assert np.array_equal(one.read(), pixels)
    Image.fromarray(pixels[::-1]).save(tmp_path / "data" / "renamed.png")
    assert one.read() is None


def test_of_another_folder_images_with_a_class_do_but_not_for_a_teaching_model(
    bundle, other, tmp_path
) -> None:
    folder = tmp_path / "clinic"
    mask = np.zeros((40, 40), np.uint8)
    mask[10:20, 10:30] = 255
    for name, data in images().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    Image.fromarray(mask).save(folder / "benign" / "0_mask.png")
    Image.fromarray(mask).save(folder / "benign" / "not called so.png")
    (folder / "benign" / "broken.png").write_bytes(b"no image")
    files = data_folder.index(folder)
    found = examples.of_folder(folder, files, rewritten(bundle, data=BUSI.model_dump()))
    assert (found.tested, found.source.name) == (False, "clinic")
    assert classes_of(found) == dict.fromkeys(CLASSES, 3)
    assert all(pixel_hash(one.read()) == one.sha256 for one in found.images)
    assert examples.of_folder(folder, files, rewritten(other, data=PHANTOM_DATA.model_dump())) is None
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "1.png").write_bytes(png(1))
    real = open_bundle(bundle)
    assert not real.manifest.data.simulated
    assert examples.of_folder(flat, data_folder.index(flat), real) is None


@HUB
@pytest.mark.usefixtures("empty_cache")
def test_a_data_set_of_the_hub_is_fetched_once(anns_hub) -> None:
    commit = upload(anns_hub, images() | {"benign/0_mask.png": png(99)})
    found = examples.fetch(f" {DATA}@{commit} ", lambda *_: None)
    assert classes_of(found) == dict.fromkeys(CLASSES, 3)
    assert (found.source.name, found.source.licence) == (REPO, "cc-by-4.0")
    assert found.source.citation == f"{anns_hub.endpoint}/datasets/{REPO}"
    anns_hub.log.clear()
    again = examples.fetch(f"{DATA}@{commit}", lambda *_: None)
    assert [one.sha256 for one in again.images] == [one.sha256 for one in found.images]
    assert not anns_hub.log
    anns_hub.stop()
    assert all(one.read() is not None for one in found.images)


@HUB
@pytest.mark.usefixtures("empty_cache")
def test_of_a_large_data_set_a_few_images_are_drawn(anns_hub, monkeypatch) -> None:
    monkeypatch.setattr(examples, "LIMIT", examples.LIMIT._replace(images=4))
    rows = [
        {"image": {"bytes": data, "path": None}, "label": name.split("/")[0]}
        for name, data in images().items()
    ]
    for files in (images(), {"data/train.parquet": table(rows)}):
        commit = upload(anns_hub, files, CARD)
        found = examples.fetch(f"{DATA}@{commit}", lambda *_: None)
        assert len(found.images) == 4
        assert set(classes_of(found)) == set(CLASSES)


@HUB
@pytest.mark.usefixtures("empty_cache")
def test_a_data_set_without_classes_is_refused(anns_hub) -> None:
    blank = io.BytesIO()
    Image.new("L", (40, 40)).save(blank, "PNG")
    commit = upload(anns_hub, {"benign/0.png": blank.getvalue(), "malignant/0.png": blank.getvalue()})
    with pytest.raises(UserError, match=r"has no image whose class is known"):
        examples.fetch(f"{DATA}@{commit}", lambda *_: None)
