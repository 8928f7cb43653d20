"""What Ray reads from the environment when it is imported, and whether it is installed."""

from __future__ import annotations

import os
import secrets
from importlib.util import find_spec

from core.errors import UserError

LOCAL = "local"
_ALWAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # else a thread that goes on after the end begins a cluster of its own
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # Ray would print its own account of what is lost on standard output
    "RAY_task_oom_retries": "3",  # else a training for which there is no memory is begun again for ever
}
# Without it Ray listens on every address of the machine, also where its node has the address 127.0.0.1.
_LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
_TOKEN = "RAY_AUTH_TOKEN"  # noqa: S105 - the name of a variable


def prepare_environment(address: str) -> None:
    """Set what Ray is to do, before it is imported: no telemetry; for ``local`` loopback and its own token.

    Args:
        address: ``local``, or the address of a running cluster, HOST:PORT.

    Raises:
        UserError: Ray is not installed, or this is no address.
    """
    if find_spec("ray") is None:
        raise UserError(
            "--cluster needs Ray; on every machine of the cluster, pip install -r requirements-cluster.txt."
        )
    if address != LOCAL:
        split_address(address)
    for name, value in _ALWAYS.items():
        os.environ.setdefault(name, value)
    if address == LOCAL:
        os.environ.update(_LOOPBACK_ONLY)
        # Without it Ray writes one into ~/.ray, and every ``ray start --head`` from then on would want it.
        os.environ.setdefault(_TOKEN, secrets.token_hex(32))


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of the address of a cluster.

    Raises:
        UserError: it is no HOST:PORT.
    """
    if address.startswith("ray://"):
        raise UserError(
            f"--cluster {address} is the address of a Ray client; run the command on a machine of the "
            "cluster, with --cluster HOST:PORT of its head."
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
        raise UserError(
            f"--cluster {address} is neither local nor HOST:PORT of the head of a running Ray cluster, such "
            "as 10.0.0.1:6379."
        )
    return host.strip("[]"), int(port)
