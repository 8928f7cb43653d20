from threading import Event, Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits
from tissue import image

from core.data.duplicates import candidates
from core.data.duplicates.alignment import align
from core.data.duplicates.candidates import MIDDLE, WHOLE, CandidateIndex, in_blocks
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


def test_blocks_come_back_in_order():
    done = in_blocks(1000, lambda rows: list(range(rows.start, rows.stop)))
    assert [row for rows in done for row in rows] == list(range(1000))
    assert in_blocks(0, lambda rows: rows) == []


def set_blas_threads(number):
    # The thread that limits BLAS keeps others from it until it ends.
    limiting = Thread(target=threadpool_limits, args=(number, "blas"))
    limiting.start()
    limiting.join()


@pytest.fixture
def two_blas_threads():
    """Two threads of BLAS, where tests have one."""
    set_blas_threads(2)
    yield
    set_blas_threads(1)


@pytest.mark.usefixtures("two_blas_threads")
def test_searches_at_the_same_time_give_blas_its_threads_back():
    def blas():
        # A library on OpenMP has a number for each thread, not for the process.
        return {one["num_threads"] for one in threadpool_info() if one.get("threading_layer") == "pthreads"}

    first_runs, second_runs, first_ended = Event(), Event(), Event()

    def first(_):
        first_runs.set()
        assert second_runs.wait(20)

    def second(_):
        second_runs.set()
        assert first_ended.wait(20)

    assert blas() == {2}
    one = Thread(target=in_blocks, args=(1, first))
    one.start()
    assert first_runs.wait(20)
    other = Thread(target=in_blocks, args=(1, second))
    other.start()
    one.join()
    first_ended.set()
    other.join()
    assert blas() == {2}
