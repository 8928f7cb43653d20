import base64

import numpy as np

from core.images.decode import decode
from core.site.probes import probes


def test_a_probe_is_a_file_with_the_pixels_that_the_app_makes_of_it():
    found = probes()
    assert set(found) == {"JPEG", "WebP"}
    for name, probe in found.items():
        pixels = np.frombuffer(base64.b64decode(probe["pixels"]), np.uint8)
        decoded = decode(base64.b64decode(probe["file"]), name).pixels
        assert decoded.shape == (probe["side"], probe["side"], 3)
        assert (decoded.ravel() == pixels).all()
        assert decoded.std(axis=(0, 1)).min() > 20  # something to get wrong
