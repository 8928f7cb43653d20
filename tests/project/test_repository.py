"""The repository: no image of a data set, no weights that are not ours, every commit that the docs name."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

from core.bundle.folder import open_bundle
from core.bundle.manifest import SPLIT, TEST_IMAGES
from core.data.image_facts import pixel_hash, read_image
from core.images.limits import ImageError
from core.serving.catalog import embedded

# As BUSI and BUS-BRA name their images and masks.
NAMES = re.compile(
    r"((benign|malignant|normal) \(\d+\)(_mask(_\d+)?)?|(bus|mask)_\d{4}-[lrs])\.\w+", re.IGNORECASE
)

# Of this repository, as ``commit 0123abc``; those of the Hub stand in code.
COMMITS = re.compile(r"\bcommits?\s([0-9a-f]{7})\b")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def pixels(path: Path) -> np.ndarray | None:
    try:
        return read_image(path)
    except ImageError:
        return None


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The pixel hashes of every image and mask that an embedded model of real images was made with."""
    found: set[str] = set()
    for name in embedded().values():
        bundle = open_bundle(Path(name))
        if not bundle.manifest.data.simulated:
            found |= set(bundle.table(SPLIT)["sha256"])
    assert len(found) > 1000
    return found


def test_no_file_has_a_name_of_the_data_sets_or_of_downloaded_weights() -> None:
    for path in tracked():
        assert not NAMES.fullmatch(path.name), path
        assert "busi/" not in str(path.relative_to(ROOT)).lower()
        assert not path.name.endswith("notop.weights.h5")


def test_no_file_has_the_pixels_of_an_image_of_the_data_sets(known: set[str]) -> None:
    images = {path: found for path in tracked() if (found := pixels(path)) is not None}
    assert len(images) > 5
    for path, found in images.items():
        assert pixel_hash(found) not in known, path


def test_no_embedded_model_of_real_images_brings_any(known: set[str]) -> None:
    for name in embedded().values():
        bundle = open_bundle(Path(name))
        stored = set(bundle.test_images()) if bundle.has(TEST_IMAGES) else set()
        assert not stored & known


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_commits_that_the_documentation_names_are_in_the_history() -> None:
    if git("rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.skip("without its history the repository cannot tell")
    history = {line[:7] for line in git("rev-list", "HEAD").split()}
    texts = {path: path.read_text() for path in tracked() if path.suffix == ".md"}
    named = {(path.name, commit) for path, text in texts.items() for commit in COMMITS.findall(text)}
    assert len(named) > 5
    assert not sorted((file, commit) for file, commit in named if commit not in history)
