"""The address of a cluster, and a machine without Ray."""

import subprocess
import sys

import pytest
from paths import ROOT

from core.cluster.settings import prepare_environment, split_address
from core.errors import UserError

# -S: without what is installed.
WITHOUT_RAY = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from core.cluster.settings import prepare_environment; "
    "from core.errors import UserError\n"
    "try: prepare_environment('local')\n"
    "except UserError as error: print(error)"
)


def test_an_address_has_a_host_and_a_port() -> None:
    assert split_address("10.0.0.1:6379") == ("10.0.0.1", 6379)
    assert split_address("[fd00::1]:6379") == ("fd00::1", 6379)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ray://head:10001", "--cluster ray://head:10001 is the address of a Ray client; run the command on"),
        ("auto", "--cluster auto is neither local nor HOST:PORT"),
        ("head", "neither local nor HOST:PORT"),
        (":6379", "neither local nor HOST:PORT"),
        ("head:0", "neither local nor HOST:PORT"),
        ("head:65536", "neither local nor HOST:PORT"),
        ("head:６３", "neither local nor HOST:PORT"),  # noqa: RUF001
    ],
)
def test_another_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare_environment(address)


def test_without_ray_one_sentence_says_how_to_install_it() -> None:
    run = subprocess.run(
        [sys.executable, "-S", "-c", WITHOUT_RAY], capture_output=True, text=True, check=True
    )
    assert run.stdout == (
        "--cluster needs Ray; on every machine of the cluster, pip install -r requirements-cluster.txt.\n"
    )
