"""Clips as rows of the table of predictions: one for each frame, and one for the lesion."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clips import animation, joined, sweep, video
from dicoms import dicom
from image_files import encoded
from PIL import Image
from predicting import predict, quiet
from visit import FIRST, MODELS, png

from core.data.duplicates.common_frames import on_a_scanner_screen
from core.data.phantom.simulate import CLASSES, simulate
from core.errors import UserError
from core.images import crop
from core.images.local import ALL
from core.inference import prediction_rows
from core.inference.classifier import Classifier
from core.inference.prediction_table import to_csv


def test_a_clip_is_a_row_for_each_frame_and_one_for_its_lesion(tmp_path) -> None:
    frames = sweep(7)
    (tmp_path / "loop.mp4").write_bytes(video([0 * frames[0], *frames]))
    (tmp_path / "loop.gif").write_bytes(animation(frames))
    (tmp_path / "cut.avi").write_bytes(video(frames, "avi", "XVID")[:2000])
    for number, frame in enumerate(frames, 8):  # 8, 9, 10, …: not in the order of the alphabet
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / f"f{number}.png").write_bytes(png(frame))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    found = predict(classifier, [tmp_path], quiet).table
    found = found.assign(name=[str(Path(file).relative_to(tmp_path)) for file in found["file"]])
    probabilities = [column for column in found if column.startswith("p_")]
    assert found.loc[found["name"] == "cut.avi", "problem"].str.contains("is damaged").tolist() == [True]
    whole = found[found["frame"] == ALL].set_index("name")
    assert whole.index.tolist() == ["folder/f*.png", "loop.gif", "loop.mp4"]
    for name, summary in whole.iterrows():
        single = found[found["name"].str.match(name.replace("*", "[0-9]+")) & (found["frame"] != ALL)]
        single = single[single["problem"] == ""]
        assert len(single) == 7
        assert summary[probabilities].tolist() == pytest.approx(single[probabilities].mean().tolist())
        assert summary["notes"].startswith("Mean probability over 7 frames of one lesion")
        assert summary["problem"] == ""
    assert found.loc[found["name"] == "loop.mp4", "frame"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, ALL]
    assert found.loc[found["name"] == "folder/f10.png", "frame"].item() == 3
    # Frames are the same whatever holds them.
    first = found[found["frame"] == 1].set_index("name")
    assert first.loc["loop.gif", probabilities].tolist() == first.loc["folder/f8.png", probabilities].tolist()
    chosen = predict(classifier, [tmp_path / "loop.mp4", tmp_path / "loop.gif"], quiet, "2").table
    assert chosen["frame"].tolist() == [2, 2]
    assert (
        chosen["p_benign"].tolist()
        == found.loc[
            found["name"].isin(["loop.mp4", "loop.gif"]) & (found["frame"] == 2), "p_benign"
        ].tolist()[::-1]
    )


def test_a_clip_without_a_prediction_and_images_with_numbers_are_not_summed_up(tmp_path) -> None:
    (tmp_path / "black.gif").write_bytes(
        joined(*[encoded(Image.fromarray(np.zeros((90, 90), np.uint8)), "GIF")] * 3)
    )
    for seed in range(6):
        image = Image.fromarray(simulate(CLASSES[seed % 3], np.random.default_rng(seed)).image)
        image.resize((208, 160)).save(tmp_path / f"image {seed}.png")
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet).table
    assert found["frame"].tolist() == [1, 2, 3, *[""] * 6]
    assert found["problem"].str.contains("is blank").sum() == 3


def test_each_chosen_frame_of_a_cine_is_a_row_and_a_still_has_no_number(tmp_path, upload) -> None:
    grey = upload[1][..., 0]
    cine = np.stack([np.zeros_like(grey), grey, grey[::-1]])
    (tmp_path / "cine.dcm").write_bytes(dicom(cine))
    (tmp_path / "still.png").write_bytes(png(upload[1]))
    (tmp_path / "text.png").write_text("no image")
    classifier = Classifier.from_bundle(MODELS / FIRST)
    alone = predict(classifier, [tmp_path / "still.png"], quiet).table.iloc[0]

    def told(choice: str) -> pd.DataFrame:
        table = predict(classifier, [tmp_path], quiet, choice).table
        return table.assign(name=[Path(file).name for file in table["file"]])

    every = told("all")
    assert every["name"].tolist() == ["cine.dcm"] * 4 + ["still.png", "text.png"]
    assert every["frame"].tolist() == [1, 2, 3, ALL, "", ""]
    assert every["problem"].str.contains("is blank").tolist() == [True, *[False] * 5]
    assert every["problem"][0].endswith("cine.dcm is blank: no prediction is made.")  # all were chosen
    assert told("first")["problem"][0].endswith("no prediction is made. Choose another frame with --frame.")
    probabilities = [column for column in every if column.startswith("p_")]
    assert every.loc[[1, 4], probabilities].to_numpy() == pytest.approx(
        np.tile(alone[probabilities].astype(float), (2, 1)), abs=1e-6
    )
    for choice, frame in (("first", 1), ("middle", 2), ("3", 3)):
        assert told(choice)["frame"].tolist() == [frame, "", ""]
    beyond = told("4")
    assert "has 3 frames, and no frame 4" in beyond["problem"][0]
    assert beyond["problem"][1] == ""
    with pytest.raises(UserError, match="not a choice of frames"):
        told("last")


def test_a_folder_of_frames_alone_is_one_clip(tmp_path) -> None:
    for number, frame in enumerate(sweep(6)):
        (tmp_path / f"f{number}.png").write_bytes(png(frame))
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet).table
    assert found["frame"].tolist() == [1, 2, 3, 4, 5, 6, ALL]


def test_a_dicom_file_without_an_image_is_counted_in_a_folder_and_refused_alone(tmp_path) -> None:
    frames = np.stack(sweep(3))
    study = tmp_path / "study"
    study.mkdir()
    (study / "DICOMDIR").write_bytes(dicom(frames[0])[: -frames[0].size - 12])
    (study / "cine").write_bytes(dicom(frames, "MONOCHROME1"))
    classifier = Classifier.from_bundle(MODELS / FIRST)
    found = predict(classifier, [study], quiet)
    assert found.left_out == {"DICOM file without an image": 1}
    assert found.table["frame"].tolist() == [1, 2, 3, ALL]
    # What decoding changed stands with the clip as well.
    assert "they were inverted back" in found.table["notes"][3]
    (problem,) = predict(classifier, [study / "DICOMDIR"], quiet).table["problem"]
    assert "is a DICOM file without an image" in problem


def test_a_file_of_another_size_among_frames_is_an_image_of_its_own_and_is_named(tmp_path, upload) -> None:
    for number, frame in enumerate(sweep(6)):
        (tmp_path / f"f{number}.png").write_bytes(png(frame))
    (tmp_path / "f9.png").write_bytes(png(upload[1]))
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet)
    assert found.table["frame"].tolist() == [1, 2, 3, 4, 5, 6, ALL, ""]
    assert f"{tmp_path}/f9.png has " in found.remark
    alone = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet, "first")
    assert (set(alone.table["frame"]), alone.remark) == ({""}, "")


def test_more_frames_in_files_than_a_clip_may_have_are_not_summed_up_and_the_rest_stays(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(prediction_rows, "CLIP_FRAMES", 6)
    for number, frame in enumerate(sweep(7)):
        (tmp_path / f"f{number}.png").write_bytes(png(frame))
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet).table
    assert found["frame"].tolist() == [1, 2, 3, 4, 5, 6, 7, ALL]
    assert found["p_benign"].isna().tolist() == [*[False] * 7, True]
    assert (
        found["problem"].tolist()[-1].startswith(f"{tmp_path}/f*.png has 7 frames, more than 600; keep one")
    )
    assert len(to_csv(found).splitlines()) == 9


def test_a_cine_whose_frames_are_not_all_there_is_no_clip(tmp_path) -> None:
    whole = dicom(np.stack(sweep(6)))
    (tmp_path / "short.dcm").write_bytes(whole[: -2 * sweep(1)[0].size])
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet).table
    (problem,) = found["problem"]
    assert "short.dcm" in problem


def test_all_frames_of_a_clip_are_cropped_alike(tmp_path) -> None:
    frames = [on_a_scanner_screen(np.repeat(one[..., np.newaxis], 3, axis=2), share=0.6) for one in sweep(4)]
    # The first frame shows less of the lesion, so that its own crop would be another one.
    frames[0][:, 600:] = frames[0][0, 0]
    (tmp_path / "loop.gif").write_bytes(animation(frames))
    found = predict(Classifier.from_bundle(MODELS / FIRST), [tmp_path], quiet, cropping=crop.AUTO).table
    assert found["frame"].tolist() == [1, 2, 3, 4, ALL]
    (box,) = set(found["crop"])
    assert box
