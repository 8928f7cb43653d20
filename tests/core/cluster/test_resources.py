"""The CPUs and GPUs of a task."""

import pytest

from core.cluster.resources import Resources, parse_resources
from core.errors import UserError


def node(*, alive: bool = True, **resources: float) -> dict[str, object]:
    return {"Alive": alive, "Resources": resources}


@pytest.mark.parametrize(
    ("text", "resources"),
    [("CPU=2,GPU=1", (2, 1)), ("GPU=1", (1, 1)), ("CPU=16", (16, 0)), ("GPU=2, CPU=4", (4, 2))],
)
def test_resources_are_read_and_written(text: str, resources: tuple[int, int]) -> None:
    parsed = parse_resources(text)
    assert parsed == resources
    assert parse_resources(str(parsed)) == parsed
    assert set(parsed.threads().values()) == {str(resources[0])}


@pytest.mark.parametrize(
    "text", ["", "2", "CPU", "CPU=0", "CPU=1.5", "cpu=1", "CPU=1,CPU=2", "TPU=1", "GPU=-1"]
)
def test_other_resources_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not understood; give whole numbers of CPUs, GPUs or both"):
        parse_resources(text)


def test_a_task_that_fits_nowhere_is_refused() -> None:
    nodes = [node(CPU=8.0), node(CPU=4.0, GPU=1.0), node(CPU=64.0, GPU=8.0, alive=False)]
    Resources(8).check(nodes)
    Resources(4, 1).check(nodes)
    with pytest.raises(UserError, match=r"has CPU=8,GPU=1 for a task: .* one has is CPU=8 and GPU=1; give"):
        Resources(8, 1).check(nodes)
    with pytest.raises(UserError, match="CPU=0 and GPU=0"):
        Resources().check([])
