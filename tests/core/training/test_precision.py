"""The precision of a machine, from what it says of itself."""

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest

from core.training.precision import machine_precision, of_gpus, of_processor


def cpuinfo(*flags: str, name: str = "flags") -> str:
    """The text of /proc/cpuinfo, one core for each list of flags."""
    return "\n\n".join(
        f"processor\t: {number}\nmodel name\t: Any CPU\n{name}\t\t: fpu {each}\nbugs\t\t: amx_bf16"
        for number, each in enumerate(flags)
    )


SAPPHIRE_RAPIDS = cpuinfo(*["avx2 avx512f avx512_bf16 amx_bf16 amx_tile"] * 2)
ZEN_4 = cpuinfo(*["avx2 avx512f avx512_bf16"] * 2)


@pytest.mark.parametrize(
    ("text", "precision", "reason"),
    [
        (SAPPHIRE_RAPIDS, "bfloat16", r"\(AMX\)"),
        (ZEN_4, "bfloat16", r"\(AVX512-BF16\)"),
        (cpuinfo("avx2 avx512f"), "float32", "not known to multiply"),
        (cpuinfo("avx2"), "float32", "not known to multiply"),
        (cpuinfo("avx512_bf16x"), "float32", "not known to multiply"),
        # A system with unlike cores may run on any of them.
        (cpuinfo("avx512_bf16 amx_bf16", "avx512_bf16"), "bfloat16", "AVX512-BF16"),
        (cpuinfo("avx512_bf16", "avx2"), "float32", "not known to multiply"),
        # On ARM, oneDNN needs more than the instruction.
        (cpuinfo("asimd bf16", name="Features"), "float32", "not known to multiply"),
        ("", "float32", "not known to multiply"),
    ],
)
def test_a_processor_trains_in_bfloat16_where_it_multiplies_it(text, precision, reason) -> None:
    chosen = of_processor(text, {})
    assert chosen.precision == precision
    assert re.fullmatch(rf"Training in {precision}: .*{reason}.*\.", chosen.sentence())


@pytest.mark.parametrize(("value", "precision"), [("0", "float32"), ("False", "float32"), ("1", "bfloat16")])
def test_tensorflow_multiplies_it_through_onednn_alone(value, precision) -> None:
    assert of_processor(ZEN_4, {"TF_ENABLE_ONEDNN_OPTS": value}).precision == precision


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ([(8, 0)], "bfloat16"),
        ([(9, 0), (8, 6)], "bfloat16"),
        ([(7, 5)], "float32"),
        ([(8, 0), (7, 0)], "float32"),
        ([None], "float32"),
    ],
)
def test_gpus_train_in_bfloat16_from_ampere_on(capabilities, precision) -> None:
    assert of_gpus(capabilities).precision == precision


def test_this_machine_has_a_precision() -> None:
    assert machine_precision().precision in {"float32", "bfloat16"}
