"""Test images of a bundle: held as PNG files, checked when it is read, decoded when they are needed."""

import io
from pathlib import Path

import numpy as np
import pytest
from bundles import SIDE, make_bundle
from PIL import Image

from core.bundle.folder import Bundle, BundleError, open_bundle
from core.bundle.manifest import TEST_IMAGES
from core.bundle.stored_images import largest_png


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    make_bundle(tmp_path / "bundle")
    return open_bundle(tmp_path / "bundle")


def test_images_are_decoded_one_at_a_time(bundle: Bundle) -> None:
    stored = bundle.test_images()
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert len(file.getvalue()) < largest_png(SIDE)
    table = bundle.table(TEST_IMAGES)
    first, second = table["sha256"][:2]
    damaged = bytearray(table["png"][0])
    damaged[60:90] = bytes(30)
    table["png"] = [bytes(damaged), *table["png"][1:]]
    table.to_parquet(bundle.folder / TEST_IMAGES)
    images = bundle.test_images()
    assert list(images) == list(stored)
    assert (images[second] == stored[second]).all()
    assert first in images
    with pytest.raises(BundleError, match="not a PNG image of 32 × 32"):
        images[first]
    assert images.get("another") is None
    table["png"] = table["png"].map(lambda png: png + bytes(largest_png(SIDE)))
    table.to_parquet(bundle.folder / TEST_IMAGES)
    with pytest.raises(BundleError, match="cannot be read"):
        bundle.test_images()
