"""The frames of a clip: of a video, an animation, or a DICOM file with several."""

from __future__ import annotations

import io
import itertools
import re
from typing import TYPE_CHECKING

from core.images.dicom_stream import read_jpeg
from core.images.formats import DICOM, HEAD_BYTES, identify
from core.images.limits import CLIP_FRAMES, UPLOAD, ImageError, check_size, different_sizes, too_many_frames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import cv2
    import numpy as np
    from numpy.typing import NDArray

    from core.images.pixels import ClipFrame

# What in the packets of a codec tells the size of the frames: with another one midway, frames have another
# size, which OpenCV would scale to the first one without a word.
_SIZE_MARKS = {
    "FMP4": re.compile(rb"\0\0\x01[\x20-\x2f].*?(?=\0\0\x01|$)", re.DOTALL),
    "H264": re.compile(rb"\0\0\x01[\x07\x27\x47\x67].*?(?=\0\0[\0\x01]|$)", re.DOTALL),
    "HEVC": re.compile(rb"\0\0\x01\x42.*?(?=\0\0[\0\x01]|$)", re.DOTALL),
}
# The kind of a track: the handler of MP4 (ISO 14496-12, 8.4.3), the stream header of AVI.
_TRACK, _VIDEO_TRACK = re.compile(rb"hdlr|strh"), re.compile(rb"hdlr.{8}vide|strh.{4}vids", re.DOTALL)
# Codecs whose frames have the size in the header, whatever is in the packets; the first is uncompressed.
_FIXED_SIZE = ("\0\0\0\0", "FFV1", "HFYU", "MP42", "MP43")
# Smallest share of the frames that a video claims to have. AVI counts those that were dropped, too.
_COMPLETE = 0.9


def frames(data: bytes, first: int = 0, stop: int | None = None) -> Iterator[ClipFrame]:
    """Decode frames one after the other.

    Args:
        data: a file of several frames.
        first: number of the first frame, from 0.
        stop: number of the frame before which to stop; None for all.

    Raises:
        ImageError: the clip has too many or too large frames, or cannot be read.
        Exception: any, from a decoder on a damaged file.
    """
    form = identify(data[:HEAD_BYTES])
    read = _dicom if form == DICOM else _video if form.kind == "video" else _animation
    wanted = None if stop is None else stop - first
    for number, decoded in enumerate(itertools.islice(read(data, first), wanted), first):
        if number == CLIP_FRAMES:
            raise too_many_frames()
        yield decoded


def _dicom(data: bytes, first: int) -> Iterator[ClipFrame]:
    from core.images import dicom  # noqa: PLC0415

    yield from dicom.decode_frames(io.BytesIO(data), UPLOAD, first)


def _animation(data: bytes, first: int) -> Iterator[ClipFrame]:
    from PIL import Image  # noqa: PLC0415

    from core.images.decode import to_rgb  # noqa: PLC0415
    from core.images.pixels import ClipFrame  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = UPLOAD.max_pixels // 2  # Pillow raises at twice this value
    with Image.open(io.BytesIO(data), formats=["GIF", "WEBP"]) as image:
        seconds = None if first else 0.0  # known from the start alone, by what each frame before takes
        for number in itertools.count(first):
            try:
                image.seek(number)
            except EOFError:
                return
            check_size(image.width, image.height)  # a frame of a GIF may be larger than the one before
            yield ClipFrame(*to_rgb(image.copy()), seconds)
            takes = image.info.get("duration") or 0  # milliseconds; 0 leaves it to the viewer
            seconds = None if seconds is None or takes <= 0 else seconds + takes / 1000


def _video(data: bytes, first: int) -> Iterator[ClipFrame]:
    import cv2  # noqa: PLC0415

    from core.images.pixels import ClipFrame  # noqa: PLC0415

    count = _check_packets(cv2, _open(cv2, data, cv2.CAP_PROP_FORMAT, -1), fragmented=b"moof" in data)
    video = _open(cv2, data, cv2.CAP_PROP_N_THREADS, 1)  # each thread would hold frames of its own
    number = 0
    while video.grab():
        if number >= first:
            found, frame = video.retrieve()
            if not found:
                raise ValueError
            yield ClipFrame(_rgb(cv2, frame), (), video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        number += 1
    _check_complete(number, count)


def _check_packets(cv2: ModuleType, video: cv2.VideoCapture, *, fragmented: bool) -> int:
    """Check the packets of a video before any is decoded: their number, and that frames have one size.

    Args:
        cv2: OpenCV.
        video: the video, which returns its packets as they are stored.
        fragmented: whether its header does not have the number of frames.

    Returns:
        The number of packets.
    """
    codec = int(video.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("latin-1").upper()
    if codec not in ("MJPG", *_SIZE_MARKS, *_FIXED_SIZE):
        raise ImageError(
            f"has the codec {codec.strip()}, in which a change of size could not be seen; save it as "
            "MPEG-4 or Motion JPEG.",
            "codec",
        )
    count = 0
    sizes: set[object] = set()
    while video.grab():
        count += 1
        if count > CLIP_FRAMES:
            raise too_many_frames()
        _, packet = video.retrieve()
        data = b"" if packet is None else packet.tobytes()
        if codec == "MJPG" and (jpeg := read_jpeg(data)):
            check_size(jpeg.width, jpeg.height)
            sizes.add((jpeg.width, jpeg.height))
        elif codec in _SIZE_MARKS:
            sizes.update(_SIZE_MARKS[codec].findall(data))
        if len(sizes) > 1:
            raise different_sizes()
    if not fragmented:
        _check_complete(count, int(video.get(cv2.CAP_PROP_FRAME_COUNT)))
    return count


def _check_complete(count: int, claimed: int) -> None:
    if count < _COMPLETE * claimed:
        raise ImageError(f"ends after {count} of its {claimed:,} frames; save or export it again.", "damaged")


def _open(cv2: ModuleType, data: bytes, option: int, value: int) -> cv2.VideoCapture:
    """Open a video in memory, and check the size of its frames."""
    video = cv2.VideoCapture(io.BytesIO(data), cv2.CAP_FFMPEG, [option, value])
    if not video.isOpened():
        if _TRACK.search(data) and not _VIDEO_TRACK.search(data):
            raise ImageError("has no video, only sound or text; export it again with the video.", "no video")
        raise ValueError
    check_size(int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    return video


def _rgb(cv2: ModuleType, frame: cv2.typing.MatLike) -> NDArray[np.uint8]:
    """Return a frame that OpenCV decoded, uint8 [H, W, 3] BGR, [H, W] grey or [H, W, 4]."""
    channels = frame.shape[2] if frame.ndim > 2 else 1  # noqa: PLR2004
    code = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}[channels]
    return cv2.cvtColor(frame, code)
