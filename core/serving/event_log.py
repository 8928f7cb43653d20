"""Event log of the app: one line of JSON per event, without personal data.

No event contains anything that a visitor sent or that could identify one: no file name, no image or anything
computed from it, no address. The fields of each event are fixed here.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import cache

_LOGGER = logging.getLogger("breast-ultrasound")


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON with control characters escaped, so that no value can forge a line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": time, "event": record.msg, **getattr(record, "fields", {})})


@cache
def to_stderr() -> None:
    """Write the events of this process to standard error; without this call they are discarded."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False


def model_opened(model: str, key: str, commit: str | None) -> None:
    """Log that a bundle was opened.

    Args:
        model: name of the model.
        key: hash of the content.
        commit: commit on the Hub, or None.
    """
    _log("model opened", model=model, key=key[:12], commit=commit)


def model_refused(model: str, reason: str) -> None:
    """Log that a model is unavailable, with the sentence that visitors read."""
    _log("model refused", model=model, reason=reason)


def examples_refused(source: str, reason: str) -> None:
    """Log that example images cannot be had, with the full reason, of which visitors read no path.

    Args:
        source: the setting that names them.
        reason: the error and its message.
    """
    _log("examples refused", source=source, reason=reason)


def network_loaded(key: str, seconds: float) -> None:
    """Log that a network was loaded, and the duration in seconds."""
    _log("network loaded", key=key[:12], seconds=round(seconds, 3))


def classified(images: int, seconds: float) -> None:
    """Log the number of images in a request, and its duration in seconds, waiting included."""
    _log("classified", images=images, seconds=round(seconds, 3))


def image_refused(reason: str) -> None:
    """Log that an image was refused; ``reason`` is that of ``ImageError``, never its message."""
    _log("image refused", reason=reason)


def busy() -> None:
    """Log that a request was refused because the queue is full."""
    _log("busy")


def timed_out() -> None:
    """Log that a network did not end within the time limit of a prediction."""
    _log("timed out")


def _log(event: str, **fields: str | float | None) -> None:
    _LOGGER.info(event, extra={"fields": fields})
