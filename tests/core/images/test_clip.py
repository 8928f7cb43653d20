"""Clips as they are sent: whole ones frame by frame, hostile ones refused with a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from clips import animation, avi, h264, joined, jpeg, sweep, video
from dicoms import dicom, frame
from image_files import NOISE, encoded
from PIL import Image
from pydicom import uid
from visit import png

from core.images import clip
from core.images.clip import Clip, is_clip
from core.images.limits import CLIP_BYTES, ImageError

FRAMES = sweep()
HEIGHT, WIDTH = FRAMES[0].shape
PACKETS = [jpeg(one) for one in FRAMES]
CLIPS = {
    "mp4": video(FRAMES),
    "xvid": video(FRAMES, "avi", "XVID"),
    "mjpg": avi(PACKETS, WIDTH, HEIGHT),
    "h264": avi(h264(FRAMES), WIDTH, HEIGHT, "H264"),
    "gif": animation(FRAMES),
    "webp": animation(FRAMES, "WEBP"),
    "dicom": dicom(np.stack(FRAMES)),
    "dicom of jpeg": dicom(
        np.stack(FRAMES), syntax=uid.JPEGBaseline8Bit, frames=[frame(one, "JPEG") for one in FRAMES]
    ),
}


def closest(pixels: np.ndarray) -> int:
    """Return the number of the frame that an image is a lossy copy of."""
    grey = pixels[..., 1].astype(float)
    # H.264 has levels of 16 to 235, which are stretched.
    return int(np.argmin([np.abs(grey - one).mean() for one in FRAMES]))


@pytest.mark.parametrize("kind", CLIPS)
def test_each_frame_of_a_clip_is_decoded_in_its_order(kind) -> None:
    whole = Clip.of(kind, CLIPS[kind])
    assert is_clip(CLIPS[kind])
    decoded = list(whole.frames())
    assert [one.pixels.shape for one in decoded] == [(HEIGHT, WIDTH, 3)] * len(FRAMES)
    assert [closest(one.pixels) for one in decoded] == list(range(len(FRAMES)))
    assert not any(one.notes for one in decoded)
    (again,) = whole.frames(4, 5)
    assert (again.pixels == decoded[4].pixels).all()
    assert [closest(one.pixels) for one in whole.frames(2, 4)] == [2, 3]


def test_a_folder_of_frames_is_a_clip_of_images() -> None:
    whole = Clip.of("sweep", *map(png, FRAMES))
    decoded = [one.pixels[..., 0] for one in whole.frames()]
    assert (np.stack(decoded) == np.stack(FRAMES)).all()
    assert whole.size == sum(len(png(one)) for one in FRAMES)
    assert whole.sha256 != Clip.of("sweep", *map(png, FRAMES[::-1])).sha256


def test_images_are_no_clips() -> None:
    still = Image.fromarray(NOISE)
    files = [encoded(still, form) for form in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")]
    assert not any(
        map(
            is_clip,
            [*files, dicom(NOISE, "RGB"), b"", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\x1a\x45\xdf\xa3webm"],
        )
    )


def test_a_clip_of_one_frame_has_one_frame() -> None:
    assert len(list(Clip.of("x", video(FRAMES[:1])).frames())) == 1


def growing() -> bytes:
    """Return a GIF whose second frame is larger than the first."""
    return joined(*(encoded(Image.fromarray(one), "GIF") for one in (FRAMES[0][:96], FRAMES[1])))


LARGE = jpeg(np.zeros((4320, 7680), np.uint8))
MANY = [jpeg(np.full((16, 16), n % 256, np.uint8)) for n in range(601)]
HOSTILE = {
    "no bytes": (b"", "x is empty; choose another file."),
    "sound alone": (
        CLIPS["mp4"].replace(b"vide", b"soun"),
        "x has no video, only sound or text; export it again with the video.",
    ),
    "no frames": (avi([], 64, 48), "x has no frames; save or export it again."),
    "a million frames claimed": (
        avi(PACKETS, WIDTH, HEIGHT, claimed=10**6),
        "x ends after 6 of its 1,000,000 frames; save or export it again.",
    ),
    "a million frames claimed by DICOM": (
        dicom(np.stack(FRAMES), NumberOfFrames=10**6),
        "x has more than 600 frames",
    ),
    "some frames claimed by DICOM": (dicom(np.stack(FRAMES), NumberOfFrames=500), "x is damaged"),
    "too many frames, none claimed": (
        avi(MANY, 16, 16, claimed=0),
        "x has more than 600 frames; cut it to at most 600.",
    ),
    "too many frames of a GIF": (
        animation([np.full((8, 8), n % 250, np.uint8) for n in range(601)]),
        "x has more than 600",
    ),
    "a cut MP4": (CLIPS["mp4"][:-300], "x is damaged and cannot be read; save or export it again."),
    "a cut AVI": (
        CLIPS["mjpg"][: len(CLIPS["mjpg"]) // 2],
        "x ends after 3 of its 6 frames; save or export it again.",
    ),
    "a cut GIF": (CLIPS["gif"][: len(CLIPS["gif"]) // 2], "x is damaged"),
    "a cut WebP": (CLIPS["webp"][: len(CLIPS["webp"]) // 2], "x is damaged"),
    "large frames, and many": (
        avi([jpeg(np.zeros((4000, 5000), np.uint8))] * 30, 5000, 4000),
        "x has more than 500 million pixels in its frames; save it at a smaller size.",
    ),
    "8K frames": (avi([LARGE] * 2, 7680, 4320), "x has too many pixels; send at most 20 million."),
    "8K frames that are not claimed": (
        avi([*PACKETS, LARGE], WIDTH, HEIGHT),
        "x has too many pixels; send at most 20",
    ),
    "frames of two sizes": (
        avi([*PACKETS, jpeg(FRAMES[0][:96])], WIDTH, HEIGHT),
        "x has frames of different sizes; save it",
    ),
    "H.264 of two sizes": (
        avi(h264([FRAMES[0], FRAMES[0][:96]]), WIDTH, HEIGHT, "H264"),
        "x has frames of different sizes",
    ),
    "a codec in which a change of size cannot be seen": (
        video(FRAMES, "mp4", "VP90"),
        "x has the codec VP90, in which a change of size could not be seen; save it as MPEG-4",
    ),
    "GIF of two sizes": (growing(), "x has frames of different sizes"),
    "AVI in the head of MP4": (CLIPS["mp4"][:32] + CLIPS["mjpg"], "x is damaged"),
    "MP4 in the head of AVI": (b"RIFF\0\0\1\0AVI " + CLIPS["mp4"], "x is damaged"),
    "noise in the head of MP4": (CLIPS["mp4"][:32] + np.random.default_rng(0).bytes(10_000), "x is damaged"),
}


def test_the_log_tells_a_codec_that_is_refused_from_a_damaged_file() -> None:
    with pytest.raises(ImageError) as refused:
        list(Clip.of("x", video(FRAMES, "mp4", "VP90")).frames())
    assert refused.value.reason == "codec"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_clip_is_refused_with_one_sentence(kind) -> None:
    data, sentence = HOSTILE[kind]
    with pytest.raises(ImageError) as refused:
        list(Clip.of("x", data).frames())
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).count(".") == 1


def test_frames_are_timed_where_the_file_says_when_each_is_shown() -> None:
    stack = np.stack(FRAMES)
    timed = {
        "mp4": (CLIPS["mp4"], 0.04),
        "mjpg": (CLIPS["mjpg"], 0.04),
        "gif": (animation(FRAMES, duration=80), 0.08),
        "webp": (animation(FRAMES, "WEBP", duration=80), 0.08),
        "dicom": (dicom(stack, FrameTime="33.5"), 0.0335),
        "dicom of a rate": (dicom(stack, CineRate=20), 0.05),
        "dicom of steps": (dicom(stack, FrameTimeVector=[0, *[50] * 5]), 0.05),
        "gif without times": (CLIPS["gif"], None),
        "dicom without times": (CLIPS["dicom"], None),
        "dicom of no sense": (dicom(stack, FrameTime="0", FrameTimeVector=[0, 50]), None),
    }
    for name, (data, step) in timed.items():
        seconds = [one.seconds for one in Clip.of(name, data).frames()]
        if step is None:
            assert None in seconds, name
        else:
            assert seconds == pytest.approx([step * number for number in range(len(FRAMES))]), name


def test_a_clip_larger_than_its_limit_starts_no_process(monkeypatch) -> None:
    monkeypatch.setattr(clip.clip_decoder, "decode_frames", None)
    with pytest.raises(ImageError, match="x has 101 MB; a clip may have at most 100 MB"):
        list(Clip.of("x", bytes(CLIP_BYTES + 1)).frames())


def test_frames_in_files_of_different_sizes_are_refused() -> None:
    with pytest.raises(ImageError, match="folder has frames of different sizes"):
        list(Clip.of("folder", png(FRAMES[0]), png(FRAMES[1][:96])).frames())
    with pytest.raises(ImageError, match=r"folder has 601 frames, more than 600; keep one file in 2\."):
        list(Clip.of("folder", *[png(np.zeros((8, 8), np.uint8))] * 601).frames())
