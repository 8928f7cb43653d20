"""What happens in the app, one line of JSON each, without a word about who it happened to.

No event may carry what a visitor sent or could be known by: no file name, no image or anything computed
from one, no address. What may be said is fixed here, event by event.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import cache

_LOGGER = logging.getLogger("breast-ultrasound")


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON, in which control characters are escaped: no value can forge a line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"time": time, "event": record.msg, **getattr(record, "fields", {})})


@cache
def to_stderr() -> None:
    """Write the events of this process to its standard error. Without this call, they go nowhere."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False


def model_opened(model: str, key: str, commit: str | None) -> None:
    """Say that a bundle was checked: its label, its content's hash, its commit on the Hub."""
    _log("model opened", model=model, key=key[:12], commit=commit)


def model_refused(model: str, reason: str) -> None:
    """Say that a model cannot be had, and why, in the sentence that its visitors read."""
    _log("model refused", model=model, reason=reason)


def network_loaded(key: str, seconds: float) -> None:
    """Say that a network was loaded, and how long that took."""
    _log("network loaded", key=key[:12], seconds=round(seconds, 3))


def classified(images: int, seconds: float) -> None:
    """Say how many images were classified in one go, and how long that took, waiting included."""
    _log("classified", images=images, seconds=round(seconds, 3))


def image_refused(reason: str) -> None:
    """Say that bytes were no usable image; ``reason`` is that of ``ImageError``, never its message."""
    _log("image refused", reason=reason)


def busy() -> None:
    """Say that somebody was turned away, since too many waited already."""
    _log("busy")


def _log(event: str, **fields: str | float | None) -> None:
    _LOGGER.info(event, extra={"fields": fields})
