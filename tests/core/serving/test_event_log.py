"""The event log: one line of JSON per event, which no value can break."""

import json
import subprocess
import sys

from paths import ROOT

EVENTS = """
from core.serving import event_log
event_log.busy()  # discarded: the log has not been turned on
event_log.to_stderr()
event_log.to_stderr()
event_log.model_opened("ann/tiny", "0123456789abcdef", "c0ffee")
event_log.model_refused("ann/tiny", 'broken\\n{"event": "forged"}')
event_log.examples_refused("DATA_DIR", "/data/x contains no images")
event_log.network_loaded("0123456789abcdef", 1.23456)
event_log.classified(3, 0.5)
event_log.image_refused("too large")
event_log.busy()
event_log.timed_out()
"""


def test_each_event_is_one_line_of_json_with_its_fields() -> None:
    run = subprocess.run([sys.executable, "-c", EVENTS], cwd=ROOT, capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in run.stderr.splitlines()]
    assert all(event.pop("time").endswith("+00:00") for event in events)
    assert events == [
        {"event": "model opened", "model": "ann/tiny", "key": "0123456789ab", "commit": "c0ffee"},
        {"event": "model refused", "model": "ann/tiny", "reason": 'broken\n{"event": "forged"}'},
        {"event": "examples refused", "source": "DATA_DIR", "reason": "/data/x contains no images"},
        {"event": "network loaded", "key": "0123456789ab", "seconds": 1.235},
        {"event": "classified", "images": 3, "seconds": 0.5},
        {"event": "image refused", "reason": "too large"},
        {"event": "busy"},
        {"event": "timed out"},
    ]
    assert run.stdout == ""
