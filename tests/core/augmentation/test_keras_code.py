import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from core.augmentation.draw import Draw
from core.augmentation.keras_code import keras_program
from core.augmentation.ranges import AUGMENTATIONS, INTENSITY_RANGES
from core.augmentation.transform import apply


@pytest.mark.slow
@pytest.mark.parametrize("name", ["paper", "strong", "none"])
def test_the_program_makes_with_tensorflow_the_images_that_we_make(tmp_path, name) -> None:
    ranges = AUGMENTATIONS[name]
    program, image = tmp_path / "augmentation.py", tmp_path / "image.png"
    program.write_text(keras_program(ranges))
    pixels = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(image)
    command = [sys.executable, str(program), str(image), str(tmp_path / "out")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    drawn = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert len(drawn) == 16
    for number, parameters in enumerate(drawn, start=1):
        flip = bool(parameters.pop("flip_horizontal"))
        assert abs(parameters["theta"]) <= ranges.rotation_range
        assert abs(parameters["shear"]) <= ranges.shear_range
        assert abs(parameters["tx"]) <= 60 * ranges.height_shift_range
        for field in ("zx", "zy"):
            assert ranges.zoom_range[0] <= parameters[field] <= ranges.zoom_range[1]
        for field in INTENSITY_RANGES:
            low, high = getattr(ranges, field)
            drawn_field = field.removesuffix("_range")
            assert low <= parameters.get(drawn_field, getattr(Draw(), drawn_field)) <= high
        theirs = np.asarray(Image.open(tmp_path / "out" / f"draw-{number}.png"))
        ours = apply(pixels, Draw(flip_horizontal=flip, **parameters))
        # We round to grey levels before the tone curve, Keras after it.
        assert np.abs(ours.astype(int) - theirs).max() <= (3 if name == "strong" else 1)
    assert (len({parameters["theta"] for parameters in drawn}) == 16) == (ranges.rotation_range > 0)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_program_is_python_and_has_the_ranges(name: str) -> None:
    program = keras_program(AUGMENTATIONS[name], "mine.py")
    compile(program, "mine.py", "exec")
    assert "python mine.py IMAGE" in program
    assert f"rotation_range={AUGMENTATIONS[name].rotation_range}," in program
    assert ("preprocessing_function" in program) == (name == "strong")
    assert max(map(len, program.splitlines())) <= 110
