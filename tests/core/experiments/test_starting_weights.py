"""Starting weights: their name, what they have seen, and the splits for which that is too much."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from bundles import make_bundle

from core.bundle.folder import open_bundle
from core.bundle.manifest import ANCESTORS, NO_ANCESTORS, WEIGHTS, Ancestry
from core.bundle.tables import read_csv
from core.bundle.training_overlap import seen_images
from core.errors import UserError
from core.experiments.starting_weights import Weights, find_weights


@pytest.fixture(scope="module")
def donor(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("donors") / "donor"
    make_bundle(folder, seed=1)
    return folder


@pytest.fixture(scope="module")
def child(donor: Path) -> Path:
    """A bundle that was trained on other images, from the donor's weights."""
    folder, weights = donor.with_name("child"), find_weights(str(donor))

    def fill(folder: Path) -> None:
        weights.seen.to_csv(folder / ANCESTORS, index=False)

    make_bundle(folder, seed=2, fill=fill, ancestry=weights.ancestry().model_dump())
    return folder


def test_weights_are_named_without_their_folder(donor: Path, tmp_path: Path) -> None:
    file = tmp_path / "private" / "base.h5"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    assert find_weights(str(file)) == Weights(str(file), None, "base.h5")
    found = find_weights(str(donor))
    assert found == Weights("none", found.bundle, "donor")
    assert found.bundle.folder == donor


def test_the_past_of_a_bundle_is_known_through_all_generations(donor: Path, child: Path) -> None:
    weights = find_weights(str(child))
    assert weights.ancestry() == Ancestry(models=("child", "donor"), images=54, unknown=())
    own, before = (open_bundle(folder).table("split.csv") for folder in (child, donor))
    kept = pd.concat(table[table["set"] != "test"] for table in (own, before))
    assert weights.seen["sha256"].tolist() == kept["sha256"].tolist()
    assert weights.seen["model"].unique().tolist() == ["child", "donor"]


def test_the_past_of_a_file_is_not_known_and_stays_so(tmp_path: Path) -> None:
    assert find_weights("imagenet").ancestry() == find_weights("none").ancestry() == NO_ANCESTORS
    file = tmp_path / "base.h5"
    file.write_bytes(b"weights")
    past = find_weights(str(file)).ancestry()
    assert past == Ancestry(models=(), images=0, unknown=("base.h5",))
    make_bundle(tmp_path / "bundle", ancestry=past.model_dump())
    assert find_weights(str(tmp_path / "bundle")).ancestry().unknown == ("base.h5",)


def split_of(images: pd.DataFrame, **sets: str) -> pd.DataFrame:
    """A split table of images that the donor knows by set, each in the set that ``sets`` names."""
    return images.assign(set=images["set"].map(lambda name: sets.get(name, "train")))


@pytest.mark.parametrize("generation", ["donor", "child"])
@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ({"train": "test"}, "trained on 18 of the 18 test images"),
        ({"validation": "test"}, "trained on 9 of the 9 test images"),
        ({"train": "validation"}, "trained on 18 of the 18 validation images"),
        ({"test": "test", "validation": "validation"}, None),
    ],
)
@pytest.mark.parametrize("by", ["sha256", "fingerprint"])
def test_images_that_were_seen_measure_nothing(donor, child, generation, sets, told, by) -> None:
    weights = find_weights(str(donor if generation == "donor" else child))
    images = open_bundle(donor).table("split.csv")
    if by == "fingerprint":
        # Test images have a fingerprint that no other image has.
        images = images.assign(sha256=[f"{row:064}" for row in range(len(images))])
    fresh = split_of(images, test="train", validation="train")
    if told is None:
        weights.check_unseen(images, [fresh, split_of(images, **sets)])
        return
    with pytest.raises(UserError, match=f"{told} or on their near-duplicates.*use images that are new to it"):
        weights.check_unseen(images, [fresh, split_of(images, **sets)])


def test_weights_without_a_bundle_have_nothing_to_check(donor: Path) -> None:
    images = open_bundle(donor).table("split.csv")
    find_weights("imagenet").check_unseen(images, [images])


def test_the_digest_changes_with_the_content(donor: Path, tmp_path: Path) -> None:
    assert find_weights("imagenet").digest() == "imagenet"
    digests = set()
    for content in (b"one", b"two"):
        (tmp_path / "base.h5").write_bytes(content)
        digests.add(find_weights(str(tmp_path / "base.h5")).digest())
    assert len(digests) == 2
    assert find_weights(str(donor)).digest() == open_bundle(donor).manifest.files[WEIGHTS].sha256


def test_names_of_the_ancestors_files_can_be_hidden(child: Path, tmp_path: Path) -> None:
    from core.bundle.redaction import redacted_tables

    content = redacted_tables(open_bundle(child))[0][ANCESTORS]
    assert b".png" not in content
    (tmp_path / ANCESTORS).write_bytes(content)
    hidden, seen = read_csv(tmp_path / ANCESTORS), open_bundle(child).table(ANCESTORS)
    assert hidden["file"].tolist() == seen["sha256"].str[:12].tolist()
    assert hidden.drop(columns="file").equals(seen.drop(columns="file"))


def test_a_bundle_without_its_list_of_ancestors_is_refused(child: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(child, tmp_path / "child")
    assert len(seen_images(open_bundle(copy), "child")) == 54
    (copy / ANCESTORS).unlink()
    with pytest.raises(UserError, match=f"lacks {ANCESTORS}"):
        open_bundle(copy)
