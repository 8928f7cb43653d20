"""Clips of every kind that a test needs, in memory: whole ones, and hostile ones."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from image_files import encoded
from PIL import Image

from core.data.phantom.simulate import simulate

Frames = Sequence[np.ndarray]


def sweep(count: int = 6, class_name: str = "benign", seed: int = 7) -> list[np.ndarray]:
    """Return frames, uint8 [160, 208], of a probe that moves over a simulated lesion."""
    image = cv2.resize(simulate(class_name, np.random.default_rng(seed)).image, (256, 176))
    return [np.ascontiguousarray(image[8:168, 2 * n % 48 : 2 * n % 48 + 208]) for n in range(count)]


def video(frames: Frames, ending: str = "mp4", codec: str = "mp4v") -> bytes:
    """Return frames, uint8 [H, W], as a video that OpenCV writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip.{ending}"
        height, width = frames[0].shape
        writer = cv2.VideoWriter(
            str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*codec), 25.0, (width, height)
        )
        for frame in frames:
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
        writer.release()
        return path.read_bytes()


def animation(frames: Frames, form: str = "GIF", **options: int) -> bytes:
    """Return frames, uint8 [H, W], as a GIF or WebP; those of a GIF may differ in size."""
    first, *others = map(Image.fromarray, frames)
    return encoded(first, form, save_all=True, append_images=others, **options)


def joined(*stills: bytes) -> bytes:
    """Return GIF files of one image as one file, with the screen and the colours of the first."""
    starts = [13 + 3 * 2 ** ((one[10] & 7) + 1) for one in stills]  # behind head and colours
    blocks = [one[start:-1] for one, start in zip(stills, starts, strict=True)]
    return stills[0][: starts[0]] + b"".join(blocks) + b";"


def jpeg(frame: np.ndarray) -> bytes:
    return encoded(Image.fromarray(frame), "JPEG")


def avi(packets: Sequence[bytes], width: int, height: int, codec: str = "MJPG", claimed: int = -1) -> bytes:
    """Return packets as an AVI file, whose header may claim another size and number than they have."""
    count, four = len(packets) if claimed < 0 else claimed, codec.encode()
    main = struct.pack("<14I", 40_000, 0, 0, 16, count, 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = struct.pack("<4s4s3I2I", b"vids", four, 0, 0, 0, 1, 25)
    stream += struct.pack("<5I4H", 0, count, 0, 0xFFFFFFFF, 0, 0, 0, width, height)
    image = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, four, width * height * 3, 0, 0, 0, 0)
    head = _list(b"strl", _chunk(b"strh", stream), _chunk(b"strf", image))
    movie = [_chunk(b"00dc", packet) for packet in packets]
    starts = np.cumsum([4, *map(len, movie)])
    index = b"".join(
        struct.pack("<4s3I", b"00dc", 16, int(start), len(packet))
        for start, packet in zip(starts, packets, strict=False)
    )
    body = _list(b"hdrl", _chunk(b"avih", main), head) + _list(b"movi", *movie) + _chunk(b"idx1", index)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"AVI " + body


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _list(name: bytes, *chunks: bytes) -> bytes:
    return _chunk(b"LIST", name + b"".join(chunks))


def h264(frames: Frames) -> list[bytes]:
    """Return frames, uint8 [H, W] of sides that 16 divides, as H.264 packets of uncompressed macroblocks.

    Each has its parameter sets (ITU-T H.264, 7.3.2), since OpenCV cannot encode H.264.
    """
    return [
        _unit(0x67, _parameters(*frame.shape))
        + _unit(0x68, _bits((0, 0), "00", (0, 0, 0), "000", (0, 0, 0), "000"))
        + _unit(0x65, _slice(frame, number % 2))
        for number, frame in enumerate(frames)
    ]


def _parameters(height: int, width: int) -> bytes:
    levels = (f"{66:08b}", f"{0:08b}", f"{30:08b}")
    return _bits(*levels, (0, 0, 0, 0, 0), "0", (width // 16 - 1, height // 16 - 1), "1000")


def _slice(frame: np.ndarray, number: int) -> bytes:
    bits = _golomb(0, 7, 0) + "0000" + _golomb(number) + "000000" + _golomb(0)
    for top in range(0, frame.shape[0], 16):
        for left in range(0, frame.shape[1], 16):
            bits += _golomb(25)  # a macroblock as it is
            bits += "0" * (-len(bits) % 8)
            data = frame[top : top + 16, left : left + 16].tobytes() + b"\x80" * 128
            bits += "".join(f"{byte:08b}" for byte in data)
    return _bits(bits)


def _bits(*parts: str | tuple[int, ...]) -> bytes:
    """Return bits, and numbers in Golomb's code, with the stop bit, as bytes."""
    bits = "".join(part if isinstance(part, str) else _golomb(*part) for part in parts) + "1"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[start : start + 8], 2) for start in range(0, len(bits), 8))


def _golomb(*numbers: int) -> str:
    return "".join("0" * (len(f"{n + 1:b}") - 1) + f"{n + 1:b}" for n in numbers)


def _unit(kind: int, data: bytes) -> bytes:
    """Return a unit with its start code; bytes that look like one are escaped."""
    escaped, zeros = bytearray(), 0
    for byte in data:
        if zeros == 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return b"\0\0\0\1" + bytes([kind]) + bytes(escaped)
