"""The connection of a command to a Ray cluster: one of this machine alone, or one that runs already."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import ray
from ray._common.utils import get_default_system_temp_dir
from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray._private.services import resolve_ip_for_localhost

import core
from core.cluster.settings import LOCAL, split_address
from core.errors import UserError
from core.standard_error import silent_libraries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.cluster.resources import Resources

_CONNECTED_WITHIN = 10  # seconds
_LONGEST_FOLDER = 30  # bytes: the sockets of Ray's processes lie in it, and their paths may have 107
_MOST_SILENT = 10  # calls without an answer of the head, before it counts as lost
_IS_ALIVE = "/ray.rpc.NodeInfoGcsService/CheckAlive"


def first_line(error: Exception) -> str:
    """Return the first line of an error of Ray: its message, without the traceback."""
    return str(error).strip().partition("\n")[0]


@contextmanager
def connected(address: str, resources: Resources) -> Iterator[None]:
    """Connect to a cluster until the block ends; all tasks of the command end with it.

    Args:
        address: ``local`` for a cluster of this machine, which is started and ended; or HOST:PORT.
        resources: resources of a task.

    Raises:
        UserError: there is no cluster at the address, or none of its nodes has the resources.
    """
    options: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.ERROR,
        # The same program everywhere; threads are set before NumPy and TensorFlow are imported.
        "runtime_env": {
            "py_modules": [str(Path(core.__path__[0]))],
            "excludes": ["__pycache__"],
            "env_vars": resources.threads() | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        },
    }
    cluster = _own_cluster(options) if address == LOCAL else _running_cluster(address, options)
    with silent_libraries(), cluster:  # Ray writes log lines of its own among ours
        resources.check(ray.nodes())
        yield


class HeadWatch:
    """What asks the head of the connected cluster again and again whether it is there."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._silent = 0

    def answers(self) -> bool:
        """Return whether the head accepts connections now.

        Raises:
            UserError: it has not for so many calls that it counts as lost.
        """
        host, port = split_address(ray.get_runtime_context().gcs_address)
        try:
            with socket.create_connection((host, port), timeout=2):
                self._silent = 0
                return True
        except OSError:
            self._silent += 1
        if self._silent >= _MOST_SILENT:
            raise UserError(
                "the head of the Ray cluster does not answer any more; start the cluster again, and add "
                "--resume to continue."
            )
        return False


@contextmanager
def _own_cluster(options: dict[str, Any]) -> Iterator[None]:
    """Start a cluster of this machine alone; its logs go with it.

    Raises:
        UserError: Ray does not start.
    """
    above = get_default_system_temp_dir()
    if len(os.fsencode(above)) > _LONGEST_FOLDER:
        above = "/tmp"  # noqa: S108 - a new folder in it is made with a name of its own
    folder = tempfile.mkdtemp(prefix="ray-", dir=above)
    try:
        try:
            with _where_our_modules_are():
                ray.init(
                    address=LOCAL,  # else RAY_ADDRESS would name another cluster
                    include_dashboard=False,
                    _node_ip_address="127.0.0.1",
                    _temp_dir=folder,
                    **options,
                )
        except Exception as error:  # noqa: BLE001 - Ray raises this very class where it was not ready in time
            raise UserError(
                f"Ray does not start on this machine ({first_line(error)}); let it finish other work, or "
                "leave out --cluster."
            ) from None
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running_cluster(address: str, options: dict[str, Any]) -> Iterator[None]:
    """Connect to a cluster that runs already."""
    if _needs_token(address) and not maybe_enable_token_auth_if_token_available(warn_if_disabled=False):
        raise UserError(
            f"the Ray cluster at {address} answers only to its token; copy ~/.ray/auth_token from its head, "
            "or set RAY_AUTH_TOKEN."
        )
    try:
        with _where_our_modules_are():
            ray.init(address=address, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UserError(
            f"the Ray cluster at {address} cannot be used from this machine ({first_line(error)}); run the "
            "command on one of its nodes, with its token and its versions of Ray and Python."
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def _where_our_modules_are() -> chdir[Path]:
    """Change the current folder, in which Ray's processes look for modules first, as this one does not.

    The user may have a folder of the name of ours there.
    """
    return chdir(Path(core.__path__[0]).parent)


def _needs_token(address: str) -> bool:
    """Ask the head of a cluster whether it is alive, and return whether it answers only to a token.

    Ray itself would wait for minutes where nothing answers, and its processes do not understand each other
    where some have the token and others need none.

    Raises:
        UserError: no Ray cluster answers.
    """
    host, port = split_address(address)
    host = resolve_ip_for_localhost(host)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # Like Ray itself, not by the proxy that a hospital's machines have for the Internet.
    with grpc.insecure_channel(target, options=[("grpc.enable_http_proxy", 0)]) as channel:
        is_alive = channel.unary_unary(_IS_ALIVE)
        try:
            is_alive(b"", timeout=_CONNECTED_WITHIN, wait_for_ready=True)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return True
            raise UserError(
                f"no Ray cluster answers at {address}; start one with ray start, give the address of its "
                "head, or --cluster local."
            ) from None
    return False
