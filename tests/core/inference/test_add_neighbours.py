"""How often similar images share a class, added to finished bundles of this and of earlier versions."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from bundles import as_before, make_bundle
from paths import ROOT
from visit import png

from core.bundle import known_images
from core.bundle.card import render
from core.bundle.folder import open_bundle
from core.bundle.manifest import CARD, EARLIER_EMBEDDINGS, SPLIT, TEST_IMAGES, TEST_SET
from core.data.image_facts import pixel_hash
from core.errors import UserError
from core.inference.add_neighbours import add_neighbours


@pytest.fixture
def folder_with_images(tmp_path):
    """A folder of images, among them a broken one and the test images of an earlier bundle beside it."""
    make_bundle(tmp_path / "whole")
    images = tmp_path / "images"
    images.mkdir()
    (images / "broken.png").write_bytes(png(np.zeros((9, 9), np.uint8))[:40])
    hashes = {}
    for number, (sha256, pixels) in enumerate(open_bundle(tmp_path / "whole").test_images().items()):
        (images / f"{number}.png").write_bytes(png(pixels))
        hashes[sha256] = pixel_hash(pixels)

    def without_images(folder) -> None:
        as_before(folder)
        (folder / TEST_IMAGES).unlink()
        split = pd.read_csv(folder / SPLIT)
        split.assign(sha256=split["sha256"].replace(hashes)).to_csv(folder / SPLIT, index=False)
        test = pd.read_parquet(folder / TEST_SET)
        test.assign(sha256=test["sha256"].replace(hashes)).to_parquet(folder / TEST_SET)

    make_bundle(tmp_path / "before", fill=without_images)
    return images


def test_it_stands_in_manifest_and_card(bundle) -> None:
    before = open_bundle(bundle).manifest
    assert before.neighbours is None
    manifest = add_neighbours(bundle)
    opened = open_bundle(bundle)
    assert opened.manifest == manifest == before.model_copy(update={"neighbours": manifest.neighbours})
    assert manifest.neighbours is not None
    assert manifest.neighbours == known_images.read(opened).agreement()
    assert (bundle / CARD).read_text(encoding="utf-8") == render(manifest)


def same_as_before_and_with_test_images(folder, training, whole) -> None:
    opened = open_bundle(folder)
    assert (opened.training_embeddings() == training).all()
    assert EARLIER_EMBEDDINGS not in opened.manifest.files
    assert not (folder / EARLIER_EMBEDDINGS).exists()
    known, expected = known_images.read(opened), known_images.read(open_bundle(whole))
    assert opened.manifest.neighbours == known.agreement() is not None
    order, wanted = (one.table.sort_values("file").index for one in (known, expected))
    assert known.table["file"][order].tolist() == expected.table["file"][wanted].tolist()
    np.testing.assert_allclose(known.embeddings[order], expected.embeddings[wanted], rtol=1e-3)


def test_an_earlier_bundle_gets_the_embeddings_of_the_test_images_that_it_holds(tmp_path) -> None:
    make_bundle(tmp_path / "whole")
    make_bundle(tmp_path / "before", fill=as_before)
    training = open_bundle(tmp_path / "before").training_embeddings()
    add_neighbours(tmp_path / "before")
    same_as_before_and_with_test_images(tmp_path / "before", training, tmp_path / "whole")


def test_or_of_those_in_a_folder(tmp_path, folder_with_images) -> None:
    training = open_bundle(tmp_path / "before").training_embeddings()
    add_neighbours(tmp_path / "before", folder_with_images)
    same_as_before_and_with_test_images(tmp_path / "before", training, tmp_path / "whole")


def test_a_missing_test_image_is_said_and_nothing_changes(tmp_path, folder_with_images) -> None:
    files = {path.name: path.read_bytes() for path in (tmp_path / "before").iterdir()}
    (folder_with_images / "3.png").unlink()
    with pytest.raises(UserError, match=r"images lacks 1 of 12 test images; name the folder"):
        add_neighbours(tmp_path / "before", folder_with_images)
    with pytest.raises(UserError, match=r"before lacks 12 of 12 test images; name the folder"):
        add_neighbours(tmp_path / "before")
    assert {path.name: path.read_bytes() for path in (tmp_path / "before").iterdir()} == files


def test_the_command_says_what_it_found_or_what_is_wrong(bundle, tmp_path) -> None:
    def run(*arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "core.inference.add_neighbours", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    done = run(bundle)
    assert done.stdout.strip() == known_images.describe_agreement(open_bundle(bundle).manifest)
    assert done.returncode == 0
    wrong = run(tmp_path / "nothing")
    assert (wrong.returncode, wrong.stderr.strip()) == (1, "There is no folder nothing; check the path.")
