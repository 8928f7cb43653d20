"""Classify's intake: files, folders and photographs, those that are refused, and those that are skipped."""

import cv2
import numpy as np
import pytest
from image_files import encoded
from PIL import Image
from visit import go, png, send, words

from pages.components.shared import images

pytestmark = pytest.mark.usefixtures("link_to_phantom")


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        (
            "notes.png",
            b"no image at all",
            "notes.png is a text file, not a PNG, JPEG, BMP, TIFF, WebP, GIF or DICOM image",
        ),
        ("empty.png", b"", "empty.png is empty"),
    ],
)
def test_a_wrong_upload_is_refused_with_a_sentence_and_the_next_one_works(
    app, upload, name, data, sentence
) -> None:
    go(app, "pages/classify.py")
    send(app, name, data)
    assert not app.exception
    assert sentence in words(app)
    send(app, upload[0], png(upload[1]))
    assert app.header[0].value.startswith("Predicted class: ")
    assert not app.error


def test_a_photograph_is_classified(app, upload) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Camera").run()
    app.camera_input[0].set_value(("photograph.jpg", png(upload[1]), "image/jpeg")).run()
    assert not app.exception
    assert app.dataframe[0].value["file"].tolist() == ["photograph 1.jpg"]


def test_many_wrong_files_and_too_many_images_are_said_in_few_sentences(app, monkeypatch) -> None:
    monkeypatch.setattr(images, "MAX_IMAGES", 2)
    noise = np.random.default_rng(0).integers(0, 256, (6, 40, 40, 3), dtype=np.uint8)
    go(app, "pages/classify.py")
    uploader = app.file_uploader[0]
    uploader.set_value(
        [(f"{number}.png", b"no image", "image/png") for number in range(9)]
        + [(f"grey {n}.png", png(noise[n]), "image/png") for n in range(1, 6)]
    ).run()
    assert not app.exception
    sentences = [error.value for error in app.error]
    assert len(sentences) == 7
    assert sentences[5].startswith("4 more files")
    assert "3 images, from grey 3" in sentences[6]
    assert len(app.dataframe[0].value) == 2
    app.file_uploader[0].set_value([(f"{n}.png", b"no image", "image/png") for n in range(6)]).run()
    assert app.error[5].value == "1 more file was refused."


def ellipse(side: int = 90) -> np.ndarray:
    """Return a segmentation mask."""
    pixels = np.zeros((side, side, 3), np.uint8)
    cv2.ellipse(pixels, (side // 2, side // 2), (side // 3, side // 5), 20, 0, 360, (255, 255, 255), -1)
    return pixels


def upload_all(app, files: dict[str, bytes]) -> None:
    app.file_uploader[0].set_value([(name, data, "") for name, data in files.items()]).run()
    assert not app.exception


def test_masks_and_blank_images_get_no_prediction(app, upload) -> None:
    go(app, "pages/classify.py")
    upload_all(app, {"lesion.png": png(ellipse()), "black.png": png(0 * ellipse()), "shot": png(upload[1])})
    assert [error.value.replace("\\", "") for error in app.error] == [
        "lesion.png is black and white only; it looks like a segmentation mask: no prediction is made.",
        "black.png is blank: no prediction is made.",
    ]
    assert app.dataframe[0].value["file"].tolist() == ["shot"]
    # Chosen together with its image a mask is no mistake.
    upload_all(app, {"scan.png": png(upload[1][::-1]), "scan_mask.png": png(ellipse())})
    assert not app.error
    assert app.info[0].value == "1 segmentation mask skipped."
    # Neither is an image that is named like one: the visitor chose it.
    upload_all(app, {"x.png": png(upload[1][:, ::-1]), "x_lesion.png": png(upload[1][50:200, 50:200])})
    assert len(app.dataframe[0].value) == 4


def test_a_folder_of_a_data_set_gives_its_images_and_one_line_on_the_rest(app, upload) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Folder").run()
    images = [np.ascontiguousarray(np.rot90(upload[1], turn)) for turn in range(4)]
    mask, empty = png(ellipse(upload[1].shape[0])), png(0 * ellipse(upload[1].shape[0]))
    upload_all(
        app,
        {
            "BUSI/benign/benign (1).png": png(images[0]),
            "BUSI/benign/benign (1)_mask.png": mask,
            "BUSI/benign/benign (2).jfif": encoded(Image.fromarray(images[1]), "JPEG"),
            "BUSI/benign/benign (3)_mask.png": mask,  # its image was deleted
            "BUSI/normal/normal (1)": png(images[2]),
            "BUSI/normal/normal (1)_mask.png": empty,
            "BUSI/normal/normal (1)_lesion.png": png(images[2][20:, 20:]),
            "BUSI/normal/normal (2)_mask.png": png(images[3]),  # alone, and an image
            "BUSI/labels.csv": b"file,class\n",
            "BUSI/movie.webm": b"\x1a\x45\xdf\xa3webm",
            "BUSI/all.rar": b"Rar!\x1a\x07\0",
            "BUSI/.DS_Store": b"\0\0\0\1Bud1",
            "BUSI/benign/._benign (1).png": b"\0\5\x16\7",
            "BUSI/__MACOSX/benign (1).png": png(images[3][::2]),
        },
    )
    assert not app.error
    assert app.info[0].value.replace("\\", "") == (
        "3 segmentation masks skipped. 1 image skipped that is named like a mask of another: "
        "BUSI/normal/normal (1)_lesion.png. Not read: 1 RAR archive, 1 WebM video; of videos, "
        "MP4 and AVI are read: convert others with `ffmpeg -i IN OUT.mp4`."
    )
    names = ["benign (1).png", "benign (2).jfif", "normal (1)", "normal (2)_mask.png"]
    assert [name.rpartition("/")[2] for name in app.dataframe[0].value["file"]] == names
