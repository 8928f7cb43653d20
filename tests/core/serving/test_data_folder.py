"""A data folder searched by what its images show."""

import os

import numpy as np
import pytest
from layouts import LAYOUTS
from reading import indexed
from visit import png

from core.data.image_facts import pixel_hash
from core.errors import UserError
from core.serving import data_folder


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)


def test_images_are_found_by_their_pixels_whatever_their_names(tmp_path, pixels) -> None:
    folder = tmp_path / "data"
    for number, name in enumerate(("loose.png", "deep/er/二.PNG", "benign/.hidden.png")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(pixels[number]))
    (folder / "scan").write_bytes(png(pixels[2, :9]))
    for litter in ("__MACOSX/a.png", ".ipynb_checkpoints/b.png", "benign/._c.png"):
        (folder / litter).parent.mkdir(exist_ok=True)
        (folder / litter).write_bytes(png(pixels[2, 9:]))
    (folder / "copy.png").write_bytes(png(pixels[1]))
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "notes.txt").write_text("no image either")
    (tmp_path / "outside.png").write_bytes(png(pixels[2]))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "round").symlink_to(folder)
    told: list[tuple[int, int]] = []
    found = data_folder.index(folder, lambda done, count: told.append((done, count)))
    assert {sha256: path.name for sha256, path in found.items()} == {
        pixel_hash(pixels[0]): "loose.png",
        pixel_hash(pixels[1]): "copy.png",
        pixel_hash(pixels[2, :9]): "scan",
    }
    assert told == [(number, 5) for number in range(1, 6)]


def test_a_file_that_has_changed_since_is_not_taken_for_the_image(tmp_path, pixels) -> None:
    path, sha256 = tmp_path / "a.png", pixel_hash(pixels[0])
    path.write_bytes(png(pixels[0]))
    assert (data_folder.read(path, sha256) == pixels[0]).all()
    path.write_bytes(png(pixels[1]))
    assert data_folder.read(path, sha256) is None
    path.unlink()
    assert data_folder.read(path, sha256) is None


def test_every_change_below_the_folder_is_noticed(tmp_path, pixels) -> None:
    nested = tmp_path / "benign" / "train"
    nested.mkdir(parents=True)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    states = [data_folder.read_state(tmp_path)]

    def changed() -> bool:
        # A test is faster than the clocks of some file systems.
        for path in (tmp_path, nested.parent, nested):
            os.utime(path, ns=(10, 10))
        states.append(data_folder.read_state(tmp_path))
        return states[-1] not in states[:-1]

    (nested / "a.png").write_bytes(png(pixels[0]))
    assert changed()
    (nested / "a.png").write_bytes(png(pixels[1]))
    os.utime(nested / "a.png", ns=(20, 20))
    assert changed()
    (nested / "a.png").rename(nested / "b.png")
    assert changed()
    (tmp_path / ".hidden").write_text("x")
    assert not changed()
    assert data_folder.state(tmp_path) == states[-1]


def test_no_folder_is_said_without_the_servers_path(tmp_path) -> None:
    assert data_folder.read_state(tmp_path / "secret") == ""
    with pytest.raises(UserError, match="DATA_DIR names no folder") as error:
        data_folder.index(tmp_path / "secret")
    assert "secret" not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_image_of_every_layout_is_found(tmp_path, layout) -> None:
    LAYOUTS[layout](tmp_path)
    index = indexed(tmp_path)
    images = index.loc[index["kind"] == "image", "sha256"]
    assert set(images) <= set(data_folder.index(tmp_path))
