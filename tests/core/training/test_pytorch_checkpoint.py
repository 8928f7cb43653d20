"""Checkpoints of PyTorch: read without it, and without doing what they say."""

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.training.pytorch_checkpoint import read_checkpoint

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
VALUES = np.arange(6, dtype="<f4")


def _global(name: str) -> bytes:
    module, _, attribute = name.rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


def state(*, function: str = "torch._utils._rebuild_tensor_v2", count: int = 6, shape=(2, 3), strides=(3, 1)):
    """A pickle of a dictionary with one tensor, written by hand as PyTorch does."""
    stored = (
        b"(" + b"S'storage'\n" + _global("torch.FloatStorage") + b"S'7'\nS'cpu'\n" + f"I{count}\n".encode()
    )
    stored += b"NtQ"
    sides = b"(" + b"".join(f"I{side}\n".encode() for side in shape) + b"t"
    steps = b"(" + b"".join(f"I{step}\n".encode() for step in strides) + b"t"
    tensor = _global(function) + b"(" + stored + b"I0\n" + sides + steps + b"tR"
    return b"(dS'a.weight'\n" + tensor + b"s."


def checkpoint(path: Path, content: bytes, values: np.ndarray = VALUES, *, cut: int = 0) -> Path:
    file = io.BytesIO()
    for head in (MAGIC, PROTOCOL, {"little_endian": True}):
        file.write(pickle.dumps(head, 2))
    file.write(content)
    file.write(pickle.dumps(["7"], 2))
    file.write(len(values).to_bytes(8, "little") + values.tobytes())
    path.write_bytes(file.getvalue()[: len(file.getvalue()) - cut])
    return path


def test_tensors_are_read_by_name(tmp_path: Path) -> None:
    tensors = read_checkpoint(checkpoint(tmp_path / "good.pth", state()))
    np.testing.assert_array_equal(tensors["a.weight"], VALUES.reshape(2, 3))
    turned = read_checkpoint(checkpoint(tmp_path / "turned.pth", state(shape=(3, 2), strides=(1, 3))))
    np.testing.assert_array_equal(turned["a.weight"], VALUES.reshape(2, 3).T)


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        (state(function="os.system"), 0),
        (state(function="builtins.eval"), 0),
        (pickle.dumps(Path("x"), 2), 0),
        (state(shape=(200, 3)), 0),
        (state(strides=(-3, 1)), 0),
        (state(), 5),
        (state(), 200),
        (b"(dS'a'\nI1\ns.", 0),
        (b"", 0),
    ],
)
def test_anything_else_is_refused_in_a_sentence(content: bytes, cut: int, tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "bad.pth", content, cut=cut)
    with pytest.raises(UserError, match=r"bad\.pth cannot be read: "):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"", b"\x80\x02", pickle.dumps({"a": 1}), b"PK\x03\x04"])
def test_another_kind_of_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"other\.pth"):
        read_checkpoint(path)
