"""All images outside the domain: enough of each kind, halves without a common near-duplicate."""

from collections import Counter
from functools import partial

import numpy as np
import pytest

from core.data.duplicates.fingerprint import content_fingerprint
from core.data.duplicates.search import find_near_duplicates
from core.data.outside.images import OutsideImage, outside_images, split_halves
from core.data.outside.motif import KINDS, Motif
from core.data.phantom.simulate import simulate
from core.images.frame import to_grey


def phantom(number: int) -> np.ndarray:
    return np.repeat(simulate("benign", np.random.default_rng(number)).image[..., np.newaxis], 3, axis=2)


@pytest.fixture(scope="module")
def images() -> list[OutsideImage]:
    return list(outside_images({f"phantom {number}": partial(phantom, number) for number in range(12)}))


def test_there_are_enough_images_of_every_kind(images) -> None:
    assert len(images) >= 200
    counts = Counter((image.kind, image.half) for image in images)
    assert set(counts) == {(kind, half) for kind in KINDS for half in ("choosing", "measuring")}
    for kind in KINDS:
        assert abs(counts[kind, "choosing"] - counts[kind, "measuring"]) <= 3


def test_no_near_duplicate_of_an_image_is_in_the_other_half(images) -> None:
    choosing, measuring = (
        [
            content_fingerprint(to_grey(image.pixels))
            for image in images
            # The near-duplicate search finds the ultrasound image in a frame, and phantoms are others.
            if image.half == half and image.kind != "viewer frames"
        ]
        for half in ("choosing", "measuring")
    )
    assert (find_near_duplicates(choosing, measuring).reference == -1).all()
    origins = {half: {image.origin for image in images if image.half == half} for half in ("choosing",)}
    assert not origins["choosing"] & {image.origin for image in images if image.half == "measuring"}


def test_halves_do_not_depend_on_the_order_of_the_motifs() -> None:
    motifs = [Motif("patterns", f"noise {number}", lambda: iter(())) for number in range(7)]
    halves = split_halves(motifs, 0)
    assert halves == split_halves(motifs[::-1], 0)
    assert Counter(halves.values()) == {"choosing": 4, "measuring": 3}
    assert halves != split_halves(motifs, 1)
