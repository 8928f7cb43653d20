import numpy as np
from image_files import NOISE
from PIL import Image

from core.images.preprocessing import Preprocessing, fit


def test_squash_with_nearest_is_what_keras_does(tmp_path) -> None:
    from tensorflow.keras.preprocessing.image import img_to_array, load_img

    path = tmp_path / "x.png"
    Image.fromarray(NOISE).save(path)
    expected = img_to_array(load_img(path, target_size=(33, 33), interpolation="nearest"))
    assert (fit(NOISE, Preprocessing(image_size=33)) == expected).all()


def test_letterbox_keeps_the_aspect_and_pads_black() -> None:
    fitted = fit(np.full((40, 60, 3), 200, np.uint8), Preprocessing(image_size=60, fit="letterbox"))
    assert (fitted[10:50] == 200).all()
    assert (fitted[:10] == 0).all()


def test_border_crop_takes_its_share_from_each_side() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[10:90, 10:90] = 255
    assert fit(pixels, Preprocessing(image_size=80, border_crop=0.1)).min() == 255
