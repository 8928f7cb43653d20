"""What the tests of the cluster share: images, and a cross-validation of this machine alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import succeed_alone
from ray_cluster import FOLDED, started_cluster

from core.data.phantom import dataset as phantom_dataset


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """As many threads as a task with one CPU has, for the runs of this machine alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            patch.setenv(name, "1")
        yield


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    phantom_dataset.write_dataset(folder, counts={"benign": 28, "malignant": 24, "normal": 22})
    return folder


@pytest.fixture(scope="session")
def folded_here(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-validation that was run one fold after the other, in one process."""
    folder = tmp_path_factory.mktemp("runs") / "folded"
    succeed_alone("cross-validate", phantoms, "--output", folder, *FOLDED)
    return folder


@pytest.fixture
def cluster():
    with started_cluster(nodes=2) as cluster:
        yield cluster
