"""Clips in folders on Classify: frames in files of their own, and what else an archive has."""

import numpy as np
import pytest
from clip_visit import FRAMES, chart, opened, picker, send_all
from clips import animation
from dicoms import dicom
from pydicom import Dataset, Sequence
from visit import go, png

pytestmark = pytest.mark.usefixtures("link_to_phantom")


def test_a_folder_of_frames_is_a_clip_and_other_images_of_it_are_images(app, upload) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Folder").run()
    files = {f"study/video/f{number}.png": png(frame) for number, frame in enumerate(FRAMES, 5)}
    files |= {f"study/{number}.png": png(np.roll(upload[1], 40 * number, axis=0)) for number in range(2)}
    send_all(app, {**files, "study/loop.gif": animation(FRAMES[:3])})
    assert not app.error
    assert sorted(app.dataframe[0].value["file"]) == [
        *("study/0.png", "study/1.png", "study/loop.gif", "study/video/f*.png"),
    ]
    picker(app).set_value(3).run()
    assert opened(app).startswith("study/video/f*.png, frame 3 of 8")


@pytest.mark.slow
def test_a_file_of_another_size_among_frames_is_an_image_and_is_named(app, upload) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Folder").run()
    files = {f"study/f{number}.png": png(frame) for number, frame in enumerate(FRAMES)}
    send_all(app, {**files, "study/f99.png": png(upload[1])})
    assert not app.error
    assert sorted(app.dataframe[0].value["file"]) == ["study/f*.png", "study/f99.png"]
    height, width = upload[1].shape[:2]
    (said,) = [info.value.replace("\\", "") for info in app.info]
    assert said == (
        f"study/f*.png is one clip of 8 frames of 208 × 160 pixels; study/f99.png has {width} × {height} "
        "and counts as an image of its own."
    )


@pytest.mark.slow
def test_what_an_archive_adds_to_a_study_is_no_problem_and_a_cine_says_how_it_was_cropped(app) -> None:
    region = Dataset()
    region.RegionSpatialFormat = region.RegionDataType = 1
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 8, 10
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 199, 149
    cine = dicom(np.stack(FRAMES), SequenceOfUltrasoundRegions=Sequence([region]), FrameTime="40")
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Folder").run()
    directory = dicom(FRAMES[0])[: -FRAMES[0].size - 12]
    send_all(app, {"study/DICOMDIR": directory, "study/IMAGES/IM0001": cine})
    assert not app.error
    assert [info.value.replace("\\", "") for info in app.info] == ["Not read: 1 DICOM file without an image."]
    assert app.dataframe[0].value["file"].tolist() == ["study/IMAGES/IM0001"]
    cropped = "The image was cropped to the B-mode region of the header (columns 8 to 199, rows 10 to 149)."
    assert cropped in app.dataframe[0].value["notes"][0]
    assert chart(app)["layout"]["xaxis"]["title"]["text"] == "seconds"


@pytest.mark.slow
def test_an_empty_video_and_one_of_another_kind_in_a_folder_are_said(app) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Folder").run()
    send_all(
        app,
        {
            "study/loop.gif": animation(FRAMES),
            "study/empty.mp4": b"",
            "study/other.mov": b"\0\0\0\x14ftypqt  " + bytes(40),
        },
    )
    assert [error.value for error in app.error] == ["study/empty.mp4 is empty; choose another file."]
    assert [info.value.replace("\\", "") for info in app.info] == [
        (
            "Not read: 1 QuickTime video; of videos, MP4 and AVI are read: convert others with "
            "`ffmpeg -i IN OUT.mp4`."
        )
    ]


@pytest.mark.slow
def test_numbered_images_that_are_no_frames_are_images(app, upload) -> None:
    go(app, "pages/classify.py")
    app.segmented_control(key="from").set_value("Folder").run()
    turned = [
        np.ascontiguousarray(np.rot90(upload[1][:200, :200], turn)[:: 1 - 2 * flip])
        for turn in range(4)
        for flip in (0, 1)
    ]
    send_all(app, {f"study/{number}.png": png(one) for number, one in enumerate(turned)})
    assert len(app.dataframe[0].value) == 8
