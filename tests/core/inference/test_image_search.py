"""Images and clips are found by their content; tests/core/inference/test_predict.py has whole folders."""

import pytest
from clips import sweep, video
from visit import png

from core.errors import UserError
from core.inference.image_search import find_images


def test_clips_are_found_whatever_their_names_and_other_videos_are_counted(tmp_path) -> None:
    loop = video(sweep(2))
    files = {
        "a.mp4": loop,
        "b": loop,
        "c.png": loop,
        "d.webm": b"\x1a\x45\xdf\xa3webm" + bytes(40),
        "e.png": b"text",
        "f.mp4": b"",
        "g.AVI": b"text",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    found = find_images([tmp_path])
    assert [path.name for path in found.files] == ["a.mp4", "b", "c.png", "e.png", "f.mp4", "g.AVI"]
    assert found.left_out == {"WebM video": 1}
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match=r"contains no image \(PNG, .*\) and no clip \(MP4, AVI\)\.$"):
        find_images([tmp_path / "none"])


def test_links_to_files_elsewhere_are_ones_own(tmp_path, upload) -> None:
    (tmp_path / "far.png").write_bytes(png(upload[1]))
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "near.png").symlink_to(tmp_path / "far.png")
    (tmp_path / "a" / "b" / "round").symlink_to(tmp_path / "a")
    search = find_images([tmp_path / "a"])
    assert [path.name for path in search.files] == ["near.png"]
    assert search.left_out == {"link to a folder": 1}


@pytest.mark.parametrize(("name", "told"), [("missing", "does not exist"), ("empty", "contains no image")])
def test_a_path_without_images_is_named(tmp_path, name, told) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=told):
        find_images([tmp_path / name])
