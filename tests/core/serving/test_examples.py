"""Example images: of a bundle, of a folder, of a data set on the Hub."""

from collections import Counter

import numpy as np
import pytest
from bundles import CLASSES, COUNTS, SIDE, make_bundle
from hub_datasets import CARD, DATA, REPO, images, png, table, upload
from PIL import Image
from visit import png as png_of

from core.bundle.folder import open_bundle, read_manifest, write_manifest
from core.bundle.manifest import TEST_IMAGES, TEST_SET
from core.data.image_facts import pixel_hash
from core.data.provenance import BUSI, PHANTOM_DATA, DataSource, combine
from core.errors import UserError
from core.serving import data_folder, examples

BLACK = png_of(np.zeros((40, 40), np.uint8))
HUB = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def rewritten(folder, **fields):
    """The bundle of a folder with other fields in its manifest."""
    kept = read_manifest(folder).model_dump(exclude={"files", "schema_version"})
    write_manifest(folder, **kept | fields)
    return open_bundle(folder)


def write(folder, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


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


def test_images_of_one_of_two_sources_have_its_licence_and_citation_alone(bundle, tmp_path) -> None:
    other = DataSource(name="Clinic", simulated=False, patient_ids=True, licence="free", citation="Gómez")
    rows = open_bundle(bundle).table(TEST_SET)
    for row, source in enumerate(("busi", "clinic")):
        pixels = np.random.default_rng(row).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
        rows.loc[row, ["sha256", "source"]] = [pixel_hash(pixels), source]
        (tmp_path / source).mkdir()
        (tmp_path / source / "image.png").write_bytes(png_of(pixels))
    rows.to_parquet(bundle / TEST_SET)
    opened = rewritten(bundle, data=combine({"busi": BUSI, "clinic": other}).model_dump())

    def source(folder) -> DataSource:
        return examples.of_folder(folder, data_folder.index(folder), opened).source

    assert source(tmp_path / "busi") == BUSI
    assert source(tmp_path / "clinic") == other
    both = source(tmp_path)
    assert (both.licence, "Gómez" in both.citation) == ("busi: not stated; clinic: free", True)


def test_of_another_folder_images_with_a_class_do_but_not_for_a_teaching_model(
    bundle, other, tmp_path
) -> None:
    folder = tmp_path / "clinic"
    mask = np.zeros((40, 40), np.uint8)
    mask[10:20, 10:30] = 255
    write(folder, images())
    Image.fromarray(mask).save(folder / "benign" / "0_mask.png")
    Image.fromarray(mask).save(folder / "benign" / "not called so.png")
    (folder / "benign" / "broken.png").write_bytes(b"no image")
    files = data_folder.index(folder)
    found = examples.of_folder(folder, files, rewritten(bundle, data=BUSI.model_dump()))
    assert (found.tested, found.source.name) == (False, "clinic")
    assert classes_of(found) == dict.fromkeys(CLASSES, 3)
    assert all(pixel_hash(one.read()) == one.sha256 for one in found.images)
    assert examples.of_folder(folder, files, rewritten(other, data=PHANTOM_DATA.model_dump())) is None


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "data has no image that can be read."),
        ({"1.png": png(1)}, "data has no image whose class is known."),
        (
            {"cyst/1.png": png(1), "lipoma/2.png": png(2)},
            "data has no image of a class of the model: ",
        ),
        ({"benign/1.png": b"no image", "malignant/2.png": b"nor this"}, "has no image that can be read."),
        (
            {"train/1.png": png(1), "labels.csv": b"file_name,label\n2.png,benign\n"},
            "names none of the 1 images",
        ),
        ({"benign/1.png": BLACK, "malignant/2.png": BLACK}, "data has no image whose class is known."),
    ],
)
def test_a_folder_without_an_image_of_the_models_classes_says_so(bundle, tmp_path, files, said) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder, files)
    real = rewritten(bundle, data=BUSI.model_dump())
    with pytest.raises(UserError, match=said) as caught:
        examples.of_folder(folder, data_folder.index(folder), real)
    shown = examples.reason(caught.value, "The folder")
    assert str(tmp_path) not in shown
    if str(tmp_path) in str(caught.value):
        assert shown == "The folder cannot be used; the log of the app says why."


def test_classes_are_those_of_the_model_and_spelled_as_it_spells_them(bundle, tmp_path) -> None:
    folder = tmp_path / "data"
    names = ("BENIGN", "Malignant", "figures")
    write(
        folder,
        {
            f"{name}/{number}.png": png(10 * row + number)
            for row, name in enumerate(names)
            for number in range(2)
        },
    )
    real = rewritten(bundle, data=BUSI.model_dump())
    found = examples.of_folder(folder, data_folder.index(folder), real)
    assert classes_of(found) == {"benign": 2, "malignant": 2}
    own = tmp_path / "own"
    make_bundle(own, class_names=("Benign", "MALIGNANT", "normal"), positive_class="MALIGNANT")
    assert classes_of(examples.of_classes(found, open_bundle(own))) == {"Benign": 2, "MALIGNANT": 2}


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (UserError("hf://datasets/ann/x is not pinned; see http://127.0.0.1:8700/a or A/B."), True),
        (UserError("/root/.cache/a b/data.zip was not unpacked"), False),
        (UserError("the Hub's cache is '~/hub'"), False),
        (UserError("the disk of C:\\Users\\ann is full"), False),
        (UserError("free space (/var/cache)"), False),
        (OSError("/root/x"), False),
    ],
)
def test_no_path_of_the_server_reaches_a_visitor(error, shown) -> None:
    fixed = "The data set cannot be used; the log of the app says why."
    assert examples.reason(error, "The data set") == (str(error) if shown else fixed)


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
    commit = upload(anns_hub, {"benign/0.png": BLACK, "malignant/0.png": BLACK})
    with pytest.raises(UserError, match=r"has no image whose class is known"):
        examples.fetch(f"{DATA}@{commit}", lambda *_: None)
