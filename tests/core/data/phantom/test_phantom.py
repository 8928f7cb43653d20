import hashlib
import itertools
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.phantom.acoustics import STEERING, envelope, homogeneous_envelope
from core.data.phantom.dataset import (
    COUNTS,
    Entry,
    digest_of_code,
    near_duplicate,
    plan,
    render,
    write_dataset,
)
from core.data.phantom.lesions import (
    TYPICAL,
    Descriptors,
    Lesion,
    draw_contour,
    draw_descriptors,
    fill,
    insert,
)
from core.data.phantom.simulate import CLASSES, simulate
from core.data.phantom.tissue import LINES, Frame, Tissue

SMALL = {"benign": 6, "malignant": 5, "normal": 3}


def snr(signal):
    return signal.mean() / signal.std()


def test_envelope_of_homogeneous_tissue_is_rayleigh():
    ratios = [snr(homogeneous_envelope(np.random.default_rng(seed))) for seed in range(4)]
    assert np.mean(ratios) == pytest.approx(np.sqrt(np.pi / (4 - np.pi)), abs=0.02)


def test_envelope_has_unit_power_at_every_depth():
    power = np.mean([homogeneous_envelope(np.random.default_rng(s)) ** 2 for s in range(4)], axis=0)
    assert power[:, 8:-8].mean(axis=1).reshape(10, -1).mean(axis=1) == pytest.approx(1, abs=0.1)


def test_speckle_gets_coarser_away_from_the_focus():
    signal = homogeneous_envelope(np.random.default_rng(0))

    def correlation(rows):
        left, right = signal[rows, :-2].ravel(), signal[rows, 2:].ravel()
        return np.corrcoef(left, right)[0, 1]

    assert correlation(slice(340, 420)) > correlation(slice(128, 208)) + 0.1


def test_compounding_smooths_speckle():
    still = np.ones((200, LINES), np.float32)
    compound = envelope(still, np.random.default_rng(0), steering=STEERING)
    assert snr(compound) > 1.3 * snr(envelope(still, np.random.default_rng(0)))


def test_a_lone_reflector_is_seen_where_it_lies():
    amplitude = np.full((200, 64), 1e-6, np.float32)
    amplitude[120, 20] = 1
    row, line = np.unravel_index(np.argmax(envelope(amplitude, np.random.default_rng(1))), amplitude.shape)
    assert abs(row - 120) <= 1
    assert line == 20


def behind_beside(posterior, seed):
    """Mean echo behind a lesion and beside it at the same depth, through the code that takes the images."""
    rng = np.random.default_rng(seed)
    frame = Frame(320, 10.0, LINES / 40)
    tissue = Tissue(np.zeros((320, LINES), np.float32), np.full((320, LINES), 0.05, np.float32), (5, 25))
    kind = Descriptors("oval", "parallel", "circumscribed", "hypoechoic", posterior)
    contour = draw_contour(rng, kind, centre=(20, 12), size=12)
    lesion = Lesion(kind, contour, 1.0)
    loss = np.cumsum(insert(rng, frame, tissue, lesion).attenuation, axis=0)
    signal = envelope(10 ** (-loss / 20), rng)
    area = fill(contour, (320, LINES), (frame.lines_per_mm, frame.rows_per_mm))
    below = slice(np.nonzero(area.any(axis=1))[0].max() + 5, 320)
    return 20 * np.log10([signal[below, 80:112].mean(), signal[below, 10:35].mean()])


@pytest.mark.parametrize(
    ("posterior", "low", "high"), [("shadowing", -40, -6), ("enhancement", 3, 15), ("none", -2, 2)]
)
def test_posterior_features_are_signed_as_labelled(posterior, low, high):
    difference = np.mean([np.subtract(*behind_beside(posterior, seed)) for seed in range(6)])
    assert low < difference < high


def grey_behind(phantom):
    """Mean grey value behind a lesion less that beside it at the same depth."""
    rows, columns = np.nonzero(phantom.mask)
    height, width = phantom.image.shape
    below = slice(rows.max() + 4, min(rows.max() + 4 + height // 6, height))
    middle, half = (columns.min() + columns.max()) // 2, max((columns.max() - columns.min()) // 4, 4)
    beside = np.r_[
        max(columns.min() - 60, 0) : max(columns.min() - 12, 0),
        min(columns.max() + 12, width) : min(columns.max() + 60, width),
    ]
    grey = phantom.image[below]
    return grey[:, middle - half : middle + half].mean() - grey[:, beside].mean()


def test_images_show_the_posterior_feature_they_are_labelled_with():
    found = {"shadowing": [], "enhancement": []}
    seeds = iter(range(100))
    while min(map(len, found.values())) < 4:
        seed = next(seeds)
        phantom = simulate(CLASSES[seed % 2], np.random.default_rng(seed))
        lesion = phantom.descriptors[0]
        reaches_bottom = np.nonzero(phantom.mask)[0].max() > 0.7 * phantom.mask.shape[0]
        if len(phantom.masks) == 1 and lesion.posterior in found and not reaches_bottom:
            found[lesion.posterior].append(grey_behind(phantom))
    assert np.mean(found["shadowing"]) < -10
    assert np.mean(found["enhancement"]) > 5


def taller_than_wide(label):
    rng = np.random.default_rng(0)
    tall = 0
    for _ in range(200):
        kind = draw_descriptors(rng, 1 if label == "malignant" else -1)
        extent = np.ptp(draw_contour(rng, kind, centre=(20, 20), size=12), axis=0)
        tall += extent[1] > extent[0]
    return tall / 200


def test_malignant_lesions_are_taller_than_wide_more_often():
    benign, malignant = taller_than_wide("benign"), taller_than_wide("malignant")
    assert 0 < benign < 0.2
    assert malignant > 0.5


@pytest.mark.parametrize("descriptor", TYPICAL)
def test_shares_of_each_descriptor_sum_to_one(descriptor):
    assert np.sum(list(TYPICAL[descriptor].values()), axis=0) == pytest.approx([1, 1])


@pytest.mark.parametrize("label", CLASSES)
def test_image_and_masks_fit_the_label(label):
    phantom = simulate(label, np.random.default_rng(3))
    assert phantom.image.dtype == np.uint8
    assert phantom.image.shape == phantom.mask.shape
    assert 400 <= phantom.image.shape[1] <= 540
    assert 30 < phantom.image.mean() < 140
    assert phantom.mask.any() == (label != "normal")
    assert len(phantom.masks) == len(phantom.descriptors)


def test_a_lesion_lies_inside_the_image():
    for seed in range(8):
        phantom = simulate(CLASSES[seed % 2], np.random.default_rng(seed))
        for mask in phantom.masks:
            assert 0.005 < mask.mean() < 0.4


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="'cyst'"):
        simulate("cyst", np.random.default_rng(0))


def test_a_fifth_of_the_full_set_are_near_copies():
    entries = plan(0)
    assert Counter(entry.label for entry in entries) == COUNTS
    assert sum(entry.source is not None for entry in entries) / len(entries) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_there_are_exactly_two_contradictory_pairs(seed):
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


def test_near_copies_look_the_same_and_are_not():
    phantom = simulate("malignant", np.random.default_rng(0))
    for seed in range(5):
        copy = near_duplicate(phantom, np.random.default_rng(seed))
        assert copy.image.shape == copy.mask.shape != phantom.image.shape
        assert correlation(copy.image, phantom.image) > 0.95
        assert copy.mask.mean() == pytest.approx(phantom.mask.mean(), rel=0.1)
    other = simulate("malignant", np.random.default_rng(1))
    assert correlation(other.image, phantom.image) < 0.9


def test_calipers_are_drawn_on_some_copies():
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
