"""The precision in which this machine trains fastest, for recipes that leave it open."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.bundle.manifest import TrainingPrecision

# What multiplies bfloat16 in hardware, by its flag in Linux's /proc/cpuinfo on x86, the fastest first.
_INSTRUCTIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16"}
# NVIDIA's first generation with bfloat16 is Ampere.
_FIRST_CAPABILITY = (8, 0)


class MachinePrecision(NamedTuple):
    """The precision for this machine, and what decides it."""

    precision: TrainingPrecision
    reason: str

    def sentence(self) -> str:
        """Return a sentence for the user."""
        return f"Training in {self.precision}: {self.reason}."


def machine_precision() -> MachinePrecision:
    """Choose bfloat16 where the hardware that TensorFlow trains on multiplies it, else float32.

    Elsewhere it is emulated and slower than float32. Systems other than Linux do not tell what their
    processor has, so it is float32 there.
    """
    if gpus := tf.config.get_visible_devices("GPU"):
        details = map(tf.config.experimental.get_device_details, gpus)
        return of_gpus([each.get("compute_capability") for each in details])
    path = Path("/proc/cpuinfo")
    return of_processor(
        path.read_text(encoding="utf-8", errors="replace") if path.is_file() else "", os.environ
    )


def of_gpus(capabilities: Sequence[tuple[int, int] | None]) -> MachinePrecision:
    """Choose the precision for GPUs.

    Args:
        capabilities: compute capability of each GPU, major and minor; None where it is not known.
    """
    if all(capability is not None and capability >= _FIRST_CAPABILITY for capability in capabilities):
        return MachinePrecision("bfloat16", "every GPU multiplies it")
    return MachinePrecision("float32", "not every GPU is known to multiply bfloat16")


def of_processor(cpuinfo: str, environment: Mapping[str, str]) -> MachinePrecision:
    """Choose the precision for a processor.

    Args:
        cpuinfo: text of Linux's ``/proc/cpuinfo``, or an empty text.
        environment: environment variables; one of them turns off oneDNN, through which TensorFlow uses these
            instructions.
    """
    cores = [set(flags.split()) for flags in re.findall(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)]
    found = next((flag for flag in _INSTRUCTIONS if cores and all(flag in core for core in cores)), None)
    if found is None:
        return MachinePrecision("float32", "this processor is not known to multiply bfloat16")
    if environment.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in {"0", "false"}:
        return MachinePrecision("float32", "TF_ENABLE_ONEDNN_OPTS turns off what multiplies bfloat16")
    return MachinePrecision("bfloat16", f"this processor multiplies it ({_INSTRUCTIONS[found]})")
