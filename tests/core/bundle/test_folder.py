"""Bundles on disk: verified when opened, complete at every moment while written."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bundles import as_before, make_bundle

from core.bundle.folder import BundleError, add_file, open_bundle
from core.bundle.manifest import (
    EARLIER_EMBEDDINGS,
    EMBEDDED,
    EMBEDDINGS,
    HISTORY,
    MANIFEST,
    MODEL,
    OUT_OF_FOLD,
    SPLIT,
    TEST_IMAGES,
    TEST_SET,
    WEIGHTS,
    Manifest,
)
from core.errors import UserError
from core.inference.classifier import Classifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_bundle(tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_whole_bundle_opens_and_its_tables_fit_together(folder: Path) -> None:
    bundle = open_bundle(folder)
    test = bundle.table(TEST_SET)
    assert set(test["sha256"]) == set(bundle.test_images())
    assert set(test["file"]) <= set(bundle.table(SPLIT)["file"])
    images, embeddings = bundle.embedded_images()
    assert set(images.loc[images["set"] == "test", "sha256"]) == set(test["sha256"])
    of_training = embeddings[(images["set"] == "train").to_numpy()]
    assert len(of_training) == (bundle.table(SPLIT)["set"] == "train").sum()
    assert (bundle.training_embeddings() == of_training).all()


def test_a_bundle_with_embeddings_of_training_images_alone_opens(tmp_path: Path) -> None:
    make_bundle(tmp_path / "now")
    make_bundle(tmp_path / "before", fill=as_before)
    now, before = (open_bundle(tmp_path / name).training_embeddings() for name in ("now", "before"))
    assert (now == before).all()
    with pytest.raises(BundleError, match=f"no {EMBEDDED}"):
        open_bundle(tmp_path / "before").embedded_images()


def test_embeddings_of_training_images_alone_are_at_most_two_thousand(tmp_path: Path) -> None:
    def too_many(folder: Path) -> None:
        np.save(folder / EARLIER_EMBEDDINGS, np.eye(2001, 3).astype(np.float16))
        (folder / EMBEDDINGS).unlink()
        (folder / EMBEDDED).unlink()

    make_bundle(tmp_path / "bundle", fill=too_many)
    with pytest.raises(BundleError, match=f"{EARLIER_EMBEDDINGS} .* is not an array of embeddings"):
        open_bundle(tmp_path / "bundle").training_embeddings()


def test_embeddings_without_their_images_are_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"{EMBEDDINGS} with {EMBEDDED}"):
        make_bundle(tmp_path / "bundle", fill=lambda folder: (folder / EMBEDDED).unlink())


@pytest.mark.parametrize("wrong", ["a row less", "validation"])
def test_a_table_that_does_not_fit_the_embeddings_is_refused(folder: Path, wrong: str) -> None:
    table = pd.read_csv(folder / EMBEDDED)
    changed = table.iloc[1:] if wrong == "a row less" else table.assign(set="validation")
    bundle = open_bundle(folder)
    changed.to_csv(folder / EMBEDDED, index=False)
    with pytest.raises(BundleError, match=f"{EMBEDDED} .* does not fit {EMBEDDINGS}"):
        bundle.training_embeddings()


@pytest.mark.parametrize("name", [MODEL, EMBEDDINGS, HISTORY, TEST_SET, SPLIT])
def test_a_missing_or_changed_file_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BundleError, match=name):
        open_bundle(folder)
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"lacks {name}"):
        open_bundle(folder)


def test_a_copy_without_weights_and_test_images_is_whole(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / TEST_IMAGES).unlink()
    bundle = open_bundle(folder)
    assert bundle.test_images() == {}
    assert not bundle.has(WEIGHTS)


def test_messages_name_the_folder_but_not_where_it_is(folder: Path, monkeypatch) -> None:
    opened = open_bundle(folder)

    def said(call) -> str:
        with pytest.raises(BundleError) as caught:
            call()
        return str(caught.value)

    (folder / MODEL).write_bytes(b"no network")
    messages = [said(lambda: Classifier(opened)), said(lambda: open_bundle(folder))]
    (folder / MODEL).unlink()
    messages.append(said(lambda: open_bundle(folder)))
    for content in ('{"schema_version": 1}', '{"schema_version": 2}', "", " " * 2**23):
        (folder / MANIFEST).write_text(content)
        messages.append(said(lambda: open_bundle(folder)))
    (folder / MANIFEST).unlink()
    monkeypatch.chdir(folder)
    messages.append(said(lambda: open_bundle(Path())))
    for message in messages:
        assert "bundle" in message
        assert str(folder.parent) not in message
        assert "ONNXRuntimeError" not in message


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a model bundle"):
        open_bundle(tmp_path)


def test_files_that_are_not_listed_are_ignored(folder: Path) -> None:
    (folder / "extra.pkl").write_bytes(b"danger")
    assert "extra.pkl" not in open_bundle(folder).manifest.files


def test_embeddings_are_never_unpickled(folder: Path) -> None:
    bundle = open_bundle(folder)
    np.save(folder / EMBEDDINGS, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.training_embeddings()


def test_embeddings_with_a_header_that_promises_too_much_are_refused(folder: Path) -> None:
    bundle = open_bundle(folder)
    with (folder / EMBEDDINGS).open("wb") as file:
        header = {"descr": "<f2", "fortran_order": False, "shape": (2000, 2**40)}
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.training_embeddings()


def test_a_file_that_is_added_is_listed_and_only_optional_files_can_be(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / OUT_OF_FOLD
    shutil.copy(folder / TEST_SET, source)
    before = open_bundle(folder).manifest
    after = add_file(folder, source)
    assert after == open_bundle(folder).manifest
    assert after.without([OUT_OF_FOLD]) == before
    assert (folder / OUT_OF_FOLD).read_bytes() == source.read_bytes()
    with pytest.raises(BundleError, match=f"{MODEL} cannot be added"):
        add_file(folder, tmp_path / MODEL)
    assert open_bundle(folder).manifest == after


def test_an_addition_that_is_cut_short_leaves_a_complete_bundle(
    folder: Path, tmp_path: Path, monkeypatch
) -> None:
    source = tmp_path / OUT_OF_FOLD
    shutil.copy(folder / TEST_SET, source)
    monkeypatch.setattr(Manifest, "to_json", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        add_file(folder, source)
    assert OUT_OF_FOLD not in open_bundle(folder).manifest.files
