import hashlib
import itertools
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.phantom.dataset import (
    COUNTS,
    Entry,
    digest_of_code,
    near_duplicate,
    plan,
    render,
    write_dataset,
)
from core.data.phantom.simulate import simulate

SMALL = {"benign": 6, "malignant": 5, "normal": 3}


def test_a_fifth_of_the_full_set_are_near_duplicates():
    entries = plan(0)
    assert Counter(entry.label for entry in entries) == COUNTS
    assert sum(entry.source is not None for entry in entries) / len(entries) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_there_are_exactly_two_conflicting_pairs(seed):
    entries = plan(seed)
    crossed = [entry for entry in entries if entry.source and entry.source[0] != entry.label]
    assert sorted(entry.label for entry in crossed) == ["benign", "malignant"]
    used = Counter(entry.source for entry in entries if entry.source)
    assert all(used[entry.source] == 1 for entry in crossed)
    copies = {(entry.label, entry.number) for entry in entries if entry.source}
    assert not copies & set(used), "a near-duplicate is made from an original"


def test_a_smaller_set_holds_the_same_entries():
    assert [e for e in plan(0) if e.number <= SMALL[e.label]] == plan(0, SMALL)
    assert plan(0, {"benign": 5}) == [Entry("benign", n, None) for n in range(1, 6)]


def correlation(a, b):
    small = [np.asarray(Image.fromarray(each).resize((32, 32), Image.Resampling.BOX)) for each in (a, b)]
    return np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1]


def test_near_duplicates_look_the_same_and_are_not():
    phantom = simulate("malignant", np.random.default_rng(0))
    for seed in range(5):
        copy = near_duplicate(phantom, np.random.default_rng(seed))
        assert copy.image.shape == copy.mask.shape != phantom.image.shape
        assert correlation(copy.image, phantom.image) > 0.95
        assert copy.mask.mean() == pytest.approx(phantom.mask.mean(), rel=0.1)
    other = simulate("malignant", np.random.default_rng(1))
    assert correlation(other.image, phantom.image) < 0.9


def test_calipers_are_drawn_on_some_near_duplicates():
    phantom = simulate("benign", np.random.default_rng(0))
    white = [(near_duplicate(phantom, np.random.default_rng(s)).image == 255).sum() for s in range(12)]
    plain = (phantom.image == 255).sum()
    assert sum(count > plain + 20 for count in white) >= 4


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder, calls = tmp_path_factory.mktemp("phantom"), []
    write_dataset(folder, seed=1, counts=SMALL, progress=lambda done, total: calls.append((done, total)))
    return folder, calls


def test_layout_is_that_of_busi(written):
    folder, calls = written
    assert calls == [(n, 14) for n in range(1, 15)]
    wanted = {f"{e.label}/{e.label} ({e.number}){end}.png" for e in plan(1, SMALL) for end in ("", "_mask")}
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert wanted <= names
    assert all(name.endswith("_mask_1.png") for name in names - wanted)


def test_second_lesions_get_a_mask_of_their_own(tmp_path):
    first = Entry("benign", 1, None)
    seed = next(seed for seed in itertools.count(57) if len(render(seed, first).masks) == 2)
    write_dataset(tmp_path, seed=seed, counts={"benign": 1})
    one, two = (np.asarray(Image.open(tmp_path / f"benign/benign (1)_mask{end}.png")) for end in ("", "_1"))
    assert one.any()
    assert two.any()
    assert not (one & two).all()


def test_masks_are_black_and_white_and_empty_for_normal(written):
    folder, _ = written
    for path in folder.rglob("*_mask*.png"):
        mask = np.asarray(Image.open(path))
        image = np.asarray(Image.open(path.parent / f"{path.name.split('_mask')[0]}.png"))
        assert mask.shape == image.shape
        assert set(np.unique(mask)) <= {0, 255}
        assert mask.any() == (path.parent.name != "normal")


def test_same_seed_same_bytes_and_images_do_not_depend_on_each_other(written, tmp_path):
    folder, _ = written
    write_dataset(tmp_path, seed=1, counts={"benign": 5, "malignant": 3})

    def digests(root):
        return {p.relative_to(root): hashlib.sha256(p.read_bytes()).digest() for p in root.rglob("*.png")}

    assert digests(tmp_path).items() <= digests(folder).items()
    other = render(2, Entry("benign", 1, None)).image
    assert not np.array_equal(other, render(1, Entry("benign", 1, None)).image)


def test_images_in_the_cache_go_by_the_code_that_drew_them(tmp_path):
    copy = shutil.copytree(Path(simulate.__code__.co_filename).parent, tmp_path / "phantom")
    assert digest_of_code(copy) == digest_of_code()
    for file in ("__init__.py", "acoustics.py", "dataset.py", "lesions.py", "tissue.py"):
        before = digest_of_code(copy)
        with (copy / file).open("a") as code:
            code.write("# changed\n")
        assert digest_of_code(copy) != before
