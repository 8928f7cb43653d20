"""Messages of a process that may lie: read whole, or refused before anything is read for them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from image_files import NOISE

from core.images.clip_protocol import END, FRAME, PROBLEM, Message, ProtocolError, read, write
from core.images.limits import ImageError


def sent(*messages: Message) -> io.BufferedReader:
    stream = io.BytesIO()
    for message in messages:
        write(stream, message)
    return io.BufferedReader(io.BytesIO(stream.getvalue()))


def test_frames_come_as_they_were_sent_and_grey_ones_in_a_third_of_the_bytes() -> None:
    grey = np.repeat(NOISE[..., :1], 3, axis=2)
    stream = sent(Message(FRAME, "one\ntwo", NOISE), Message(FRAME, "", grey), Message(END))
    first, second, end = (read(stream) for _ in range(3))
    assert (first.text, (first.pixels == NOISE).all()) == ("one\ntwo", True)
    assert (second.pixels == grey).all()
    assert (end.kind, end.pixels.size) == (END, 0)
    assert len(sent(Message(FRAME, "", grey)).read()) == NOISE.size // 3 + 20


@pytest.mark.parametrize(
    ("sent_time", "read_time"), [(1.5, 1.5), (0.0, 0.0), (None, None), (-1.0, None), (np.inf, None)]
)
def test_a_time_that_is_none_is_not_known(sent_time, read_time) -> None:
    assert read(sent(Message(FRAME, "", NOISE, sent_time))).seconds == read_time


def test_a_problem_is_its_reason_and_its_sentence() -> None:
    assert read(sent(Message(PROBLEM, "damaged\nis damaged ü."))).text == "damaged\nis damaged ü."
    assert len(read(sent(Message(PROBLEM, "x" * 9000))).text) == 2000


def head(kind: bytes, width: int, height: int, channels: int = 1, length: int = 0) -> bytes:
    whole = sent(Message(kind)).read()
    return (
        whole[:1]
        + np.array([width, height], "<u4").tobytes()
        + bytes([channels])
        + length.to_bytes(2, "little")
        + whole[12:20]
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"F",
        head(b"X", 4, 4) + bytes(16),
        head(FRAME, 4, 4, channels=2) + bytes(32),
        head(FRAME, 4, 4, length=2001) + bytes(4000),
        head(FRAME, 0, 4) + bytes(16),
        head(FRAME, 4, 4) + bytes(15),
        head(PROBLEM, 0, 0, length=9) + b"damaged",
    ],
)
def test_what_is_no_message_is_refused(data) -> None:
    with pytest.raises(ProtocolError):
        read(io.BufferedReader(io.BytesIO(data)))


@pytest.mark.parametrize(("width", "height"), [(2**32 - 1, 2**32 - 1), (5000, 5000), (20_000, 2)])
def test_a_frame_larger_than_an_image_may_be_is_refused_unread(width, height) -> None:
    stream = io.BufferedReader(io.BytesIO(head(FRAME, width, height)))
    with pytest.raises(ImageError):
        read(stream)
