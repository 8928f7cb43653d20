"""Read the tensors of a PyTorch checkpoint without PyTorch, and without running what the file says.

The format is that of ``torch.save`` before version 1.6: pickles of a magic number, a protocol number, facts
about the machine, the state dictionary and the keys of its storages, and then the storages' values.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from core.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_TYPES: dict[str, np.dtype[Any]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_ERRORS = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError),
    *(MemoryError, OverflowError, RecursionError, IndexError, pickle.UnpicklingError),
)


class _Tensor:
    """A view of a storage, whose values come later in the file."""

    def __init__(
        self, storage: tuple[str, int], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
    ) -> None:
        self.key, self.count = storage
        self.offset, self.shape, self.strides = offset, shape, strides

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        size = values.itemsize
        last = self.offset + sum(
            (length - 1) * stride for length, stride in zip(self.shape, self.strides, strict=True)
        )
        if min(self.offset, *self.strides, 0) < 0 or last >= len(values):
            raise ValueError("a tensor reaches beyond its storage")
        strides = [stride * size for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides).copy()


class _Unpickler(pickle.Unpickler):
    """Build dictionaries, numbers, texts and tensors; refuse every other object."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.types: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"it holds an object of the kind {module}.{name}")

    def persistent_load(self, pid: Any) -> tuple[str, int]:
        kind, storage_type, key, _, count, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError("it holds a view of a storage")
        self.types[key] = _TYPES[storage_type]
        return key, count


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Read the tensors of a state dictionary by name, float32 or int64.

    Raises:
        UserError: the file cannot be read, or is no such checkpoint.
    """
    try:
        with path.open("rb") as file:
            if _load(file) != _MAGIC or _load(file) != _PROTOCOL:
                raise UserError(f"{path} is no checkpoint of PyTorch before version 1.6.")
            _load(file)  # about the machine
            unpickler = _Unpickler(file)
            tensors = unpickler.load()
            storages = {}
            for key in _load(file):
                kind, count = unpickler.types[key], int.from_bytes(file.read(8), "little")
                storages[key] = np.frombuffer(file.read(count * kind.itemsize), kind, count)
        return {name: tensor.of(storages[tensor.key]) for name, tensor in tensors.items()}
    except _ERRORS as error:
        raise UserError(f"{path} cannot be read: {error}; install its package again.") from None


def _load(file: IO[bytes]) -> Any:
    return _Unpickler(file).load()
