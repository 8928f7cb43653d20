"""All images outside the domain: enough of each kind, halves with hardly a common near-duplicate."""

from collections import Counter
from functools import partial

import numpy as np
import pytest

from core.data.duplicates.fingerprint import content_fingerprint
from core.data.duplicates.search import find_near_duplicates
from core.data.outside.images import OutsideImage, outside_images
from core.data.outside.motif import KINDS
from core.data.phantom.simulate import simulate
from core.images.frame import to_grey


def phantom(number: int) -> np.ndarray:
    return np.repeat(simulate("benign", np.random.default_rng(number)).image[..., np.newaxis], 3, axis=2)


@pytest.fixture(scope="module")
def images() -> list[OutsideImage]:
    return list(outside_images({f"phantom {number}": partial(phantom, number) for number in range(12)}))


def test_there_are_enough_images_of_every_kind(images) -> None:
    assert len(images) >= 200
    counts = Counter((image.kind, image.measuring) for image in images)
    assert set(counts) == {(kind, measuring) for kind in KINDS for measuring in (False, True)}
    share = sum(image.measuring for image in images) / len(images)
    assert 0.4 < share < 0.6


# The near-duplicate search finds the ultrasound image in a frame, and phantoms are others.
@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "viewer frames"])
def test_hardly_a_near_duplicate_of_an_image_is_in_the_other_half(images, kind) -> None:
    choosing, measuring = (
        [
            content_fingerprint(to_grey(image.pixels))
            for image in images
            if image.measuring == half and image.kind == kind
        ]
        for half in (False, True)
    )
    # Two drawn gradients may look alike by chance.
    assert (find_near_duplicates(choosing, measuring).reference != -1).sum() <= (kind == "patterns")


def test_images_of_one_origin_are_in_one_half(images) -> None:
    origins = [{image.origin for image in images if image.measuring == half} for half in (False, True)]
    assert not origins[0] & origins[1]


@pytest.mark.slow
def test_an_image_has_the_same_half_and_frame_in_every_list() -> None:
    def framed(numbers: range) -> dict[str, bool]:
        home = {f"phantom {number}": partial(phantom, number) for number in numbers}
        return {
            image.origin: image.measuring for image in outside_images(home) if image.kind == "viewer frames"
        }

    both, later = framed(range(6)), framed(range(3, 9))
    shared = {origin for origin in both if int(origin.split()[-1]) >= 3}
    assert len(shared) == 3
    assert shared == {origin for origin in later if int(origin.split()[-1]) < 6}
    assert {both[origin] for origin in both} == {False, True}
    assert {origin: both[origin] for origin in shared} == {origin: later[origin] for origin in shared}
