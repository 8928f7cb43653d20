"""`predict` as users type it: rows, masks, crops, clips, Parquet, and what a killed process leaves."""

import csv
import os
import signal
from pathlib import Path

import pandas as pd
import pytest
from clips import sweep, video
from command_line import call, refuse, run, start, succeed
from disks import small_disk
from PIL import Image
from processes import all_end, family, wait_for, watch
from visit import FIRST, MODELS, png

from core.bundle.folder import open_bundle
from core.data.duplicates.common_frames import on_a_scanner_screen

pytestmark = pytest.mark.xdist_group("cli")


def test_predict_knows_training_images_and_loses_nothing_to_a_bad_file(
    trained: Path, phantoms: Path, tmp_path: Path
) -> None:
    split = open_bundle(trained).table("split.csv")
    known = split.loc[split["set"] == "train", "file"].iloc[0]
    smaller = Image.open(phantoms / known)
    smaller.resize((smaller.width * 2 // 3, smaller.height * 2 // 3)).save(tmp_path / "copy.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    table = tmp_path / "out" / "predictions.csv"
    finished = call("predict", trained, phantoms / known, tmp_path, "--output", table)
    assert finished.returncode == 2
    assert "1 of 3 files have no prediction" in finished.stderr
    assert "in the training or validation set as" in finished.stdout
    assert "Not a medical device" in finished.stdout
    assert "exists already" in refuse("predict", trained, phantoms / known, "--output", table)
    with table.open() as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert rows[Path(known).name]["seen_in_training"] == known
    assert rows["copy.png"]["seen_in_training"]
    assert (rows[Path(known).name]["seen_by"], rows["copy.png"]["seen_by"]) == (
        "the same pixels",
        "near-duplicate",
    )
    assert "not a PNG" in rows["broken.png"]["problem"]
    shares = [float(rows["copy.png"][f"p_{name}"]) for name in ("benign", "malignant", "normal")]
    assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_predict_skips_segmentation_masks_in_folders(trained: Path, phantoms: Path, tmp_path: Path) -> None:
    finished = succeed("predict", trained, phantoms / "normal", "--output", tmp_path / "normal.csv")
    assert "25 segmentation masks skipped" in finished.stdout
    assert not pd.read_csv(tmp_path / "normal.csv")["file"].str.contains("_mask").any()


def test_predict_crops_to_the_ultrasound_image_when_asked(tmp_path: Path, upload) -> None:
    name, pixels = upload
    images = tmp_path / "images"
    images.mkdir()
    (images / name).write_bytes(png(pixels))
    (images / "screen.png").write_bytes(png(on_a_scanner_screen(pixels, share=0.6)))

    def predict(*options: object) -> tuple[str, dict[str, dict[str, str]]]:
        table = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        said = succeed("predict", MODELS / FIRST, images, "--output", table, *options).stdout
        with table.open() as file:
            return said, {Path(row["file"]).name: row for row in csv.DictReader(file)}

    said, whole = predict()
    assert "--crop auto crops to the ultrasound image" in said
    assert [row["crop"] for row in whole.values()] == ["", ""]
    said, auto = predict("--crop", "auto")
    box = auto["screen.png"]["crop"]
    assert f"cropped to {box}" in said
    assert "--crop auto" not in said
    assert (auto[name]["crop"], auto["screen.png"]["warning"]) == ("", "")
    assert auto["screen.png"]["p_malignant"] != whole["screen.png"]["p_malignant"]
    assert predict("--crop", "none")[1] == whole
    # The rectangle of the table is one that the option takes.
    (images / name).unlink()
    assert predict("--crop", box)[1]["screen.png"] == auto["screen.png"]
    assert "is not a crop; give auto" in refuse("predict", MODELS / FIRST, images, "--crop", "10,20")


def test_predict_shows_a_clip_as_one_lesion_and_writes_its_frames(tmp_path: Path) -> None:
    frames = sweep(6)
    (tmp_path / "loop.mp4").write_bytes(video([0 * frames[0], *frames]))
    (tmp_path / "cut.mp4").write_bytes(video(frames)[:-300])
    table = tmp_path / "predictions.csv"
    finished = call("predict", MODELS / FIRST, tmp_path, "--output", table)
    assert finished.returncode == 2
    # A blank frame is no failure.
    assert "1 of 2 files have no prediction" in finished.stderr
    assert "cut.mp4 is damaged" in finished.stderr
    lines = [line for line in finished.stdout.splitlines() if "loop.mp4" in line]
    assert len(lines) == 1
    assert "loop.mp4, all frames: " in lines[0]
    assert "count the clip once" in finished.stdout
    with table.open() as file:
        assert [row["frame"] for row in csv.DictReader(file)] == ["", *"1234567", "all"]
    finished = succeed(
        "predict",
        MODELS / FIRST,
        tmp_path / "loop.mp4",
        "--frame",
        "middle",
        "--output",
        tmp_path / "one.csv",
    )
    assert "loop.mp4, frame 4: " in finished.stdout


def test_parquet_has_the_rows_of_csv(tmp_path: Path, upload) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "a.png").write_bytes(png(upload[1]))
    (images / "broken.png").write_bytes(b"no image")
    (images / "loop.mp4").write_bytes(video(sweep(3)))
    for name in ("rows.csv", "rows.parquet"):
        assert call("predict", MODELS / FIRST, images, "--output", tmp_path / name).returncode == 2
    text = pd.read_csv(tmp_path / "rows.csv", dtype=str, keep_default_na=False)
    table = pd.read_parquet(tmp_path / "rows.parquet")
    assert list(table.columns) == list(text.columns)
    assert table["frame"].tolist() == text["frame"].tolist() == ["", "", "1", "2", "3", "all"]
    assert ["; ".join(names) for names in table["possible"]] == text["possible"].tolist()
    assert table["distance"].isna().tolist() == [False, True, *[False] * 4]
    assert table["unlike_training"].dropna().map(str).tolist() == list(filter(None, text["unlike_training"]))
    for column in ("file", "notes", "problem", "model"):
        assert table[column].tolist() == text[column].tolist()
    for column in (name for name in table if name.startswith("p_")):
        assert table[column].dropna().tolist() == [float(cell) for cell in text[column] if cell]


def test_rows_go_to_a_device_and_nothing_is_left_beside_it(tmp_path: Path, upload) -> None:
    (tmp_path / "a.png").write_bytes(png(upload[1]))
    finished = run("predict", MODELS / FIRST, tmp_path, "--output", "/dev/stdout")
    assert finished.stdout.startswith("file,frame,crop,predicted_class,")
    assert f"\n{tmp_path}/a.png," in finished.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert "nothing to resume: /dev/stdout is no file" in refuse(
        "predict", MODELS / FIRST, tmp_path, "--output", "/dev/stdout", "--resume"
    )
    assert "--cluster needs a folder beside the output" in refuse(
        "predict", MODELS / FIRST, tmp_path, "--output", "/dev/stdout", "--cluster", "local"
    )


def test_nothing_is_left_of_a_prediction_that_finished_no_part(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("L", (80, 80)).save(tmp_path / "images" / "a_mask.png")
    table = tmp_path / "rows.csv"
    assert "there is no image" in refuse("predict", MODELS / FIRST, tmp_path / "images", "--output", table)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_a_full_disk_is_named(tmp_path: Path, upload) -> None:
    (tmp_path / "a.png").write_bytes(png(upload[1]))
    with small_disk(tmp_path / "disk", kilobytes=12):
        output = tmp_path / "disk" / "rows.csv"
        error = refuse("predict", MODELS / FIRST, tmp_path / "a.png", "--output", output)
    assert f"{output}.partial: No space left on device; free some disk space" in error


@pytest.mark.parametrize("options", [[], ["--resume"]], ids=["new", "resumed"])
def test_the_unfinished_work_of_another_command_is_left_alone(tmp_path: Path, upload, options) -> None:
    (tmp_path / "a.png").write_bytes(png(upload[1]))
    checkpoint = tmp_path / "runs.partial" / "checkpoint.h5"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"of a training")
    refuse("predict", MODELS / FIRST, tmp_path / "a.png", "--output", tmp_path / "runs", *options)
    assert checkpoint.read_bytes() == b"of a training"


@pytest.fixture
def archive(tmp_path: Path, upload) -> Path:
    """Three parts of images, which few processes classify within seconds."""
    folder = tmp_path / "archive"
    folder.mkdir()
    first = folder / "aaaa.png"
    Image.fromarray(upload[1]).resize((72, 64)).save(first)
    for number in range(1, 2_400):
        letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")
        os.link(first, folder / f"{letters}.png")
    return folder


def wait_for_a_part(process, output: Path) -> None:
    work = output.with_name(f"{output.name}.partial")
    wait_for(lambda: any(work.glob("part-*.parquet")), process)


@pytest.mark.slow
def test_a_killed_prediction_goes_on_and_no_row_is_lost_or_comes_twice(archive, tmp_path: Path) -> None:
    whole, output = tmp_path / "whole.parquet", tmp_path / "rows.parquet"
    succeed("predict", MODELS / FIRST, archive, "--output", whole)
    command = ("predict", MODELS / FIRST, archive, "--output", output)
    with start(*command) as process:
        wait_for_a_part(process, output)
        decode_processes = watch(family(process.pid)[1:])
        process.kill()
        process.communicate()
    assert len(decode_processes) > 1
    assert all_end(decode_processes)  # they do not outlive it
    assert not output.exists()
    assert "holds unfinished work; add --resume" in refuse(*command)
    assert "was begun with another --crop" in refuse(*command, "--resume", "--crop", "auto")
    succeed(*command, "--resume")
    pd.testing.assert_frame_equal(pd.read_parquet(output), pd.read_parquet(whole))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "rows.parquet", "whole.parquet"]


@pytest.mark.slow
def test_an_interrupted_prediction_says_how_to_go_on(archive, tmp_path: Path) -> None:
    output = tmp_path / "rows.csv"
    command = ("predict", MODELS / FIRST, archive, "--output", output)
    with start(*command) as process:
        wait_for_a_part(process, output)
        decode_processes = watch(family(process.pid)[1:])
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.strip().endswith("Interrupted. Add --resume to continue.")
    assert all_end(decode_processes)
    succeed(*command, "--resume")
    assert len(pd.read_csv(output)) == len(list(archive.iterdir()))
    assert not output.with_name("rows.csv.partial").exists()
