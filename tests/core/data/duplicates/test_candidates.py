import numpy as np
import pytest
from tissue import image

from core.data.duplicates import candidates
from core.data.duplicates.alignment import align
from core.data.duplicates.candidates import MIDDLE, WHOLE, CandidateIndex
from core.data.duplicates.fingerprint import Thumbnails, decode_levels, fingerprint, fingerprint_levels


@pytest.fixture(scope="module")
def pixels():
    return [image(seed) for seed in range(40)]


@pytest.fixture(scope="module")
def levels(pixels):
    return fingerprint_levels([fingerprint(one) for one in pixels])


def aligned(levels, references, found):
    images = decode_levels(levels[found.image])
    signed = Thumbnails(images.values * found.sign[:, None, None], images.inside)
    return align(signed, decode_levels(references[found.reference]), found.warp, steps=0)


CHANGES = {
    "mirrored": lambda one: one[:, ::-1],
    "turned by 90°": np.rot90,
    "inverted": lambda one: 255 - one,
    "cropped": lambda one: one[40:-30, 60:-40],
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_original_is_the_likeliest_candidate_and_nearly_aligned(change, pixels, levels):
    changed = [fingerprint(np.ascontiguousarray(CHANGES[change](one))) for one in pixels]
    copies = fingerprint_levels(changed)
    index = CandidateIndex(levels, (WHOLE, MIDDLE))
    found = index.candidates(copies, slice(0, 40), (WHOLE,))
    right = found.reference == found.image
    assert set(found.image[right]) == set(range(40))
    best = np.zeros(40)
    np.maximum.at(best, found.image[right], aligned(copies, levels, found).correlation[right])
    assert best.min() > 0.5
    assert (found.sign[right] < 0).mean() == (change == "inverted")


def test_no_image_is_its_own_candidate(levels):
    index = CandidateIndex(levels, (WHOLE,))
    found = index.candidates(levels, slice(5, 15), (WHOLE,), others_only=True)
    assert set(found.image) <= set(range(5, 15))
    assert (found.image != found.reference).all()


def test_product_codes_lead_to_the_same_near_duplicates(monkeypatch, pixels, levels):
    copies = fingerprint_levels([fingerprint(one[::-1]) for one in pixels])
    monkeypatch.setattr(candidates, "_FEW", 500)
    index = CandidateIndex(levels, (WHOLE,))
    found = index.candidates(copies, slice(0, 40), (WHOLE,))
    assert set(found.image[found.reference == found.image]) == set(range(40))


def test_blank_images_have_no_candidates(levels):
    blank = np.zeros((3, 32, 32), np.int8)
    assert not len(CandidateIndex(levels, (WHOLE,)).candidates(blank, slice(0, 3), (WHOLE,)).image)
    assert not len(CandidateIndex(blank, (WHOLE,)).candidates(levels, slice(0, 5), (WHOLE,)).image)
