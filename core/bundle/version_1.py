"""Translation of strings that earlier versions stored in bundles of schema version 1."""

from __future__ import annotations

import re
from typing import Any

from core.data.groups import NEAR_DUPLICATES_ONLY, PATIENT_IDS
from core.data.provenance import PHANTOM_DATA

_GROUPINGS = {"near-copies only": NEAR_DUPLICATES_ONLY, "near-copies and patient ids": PATIENT_IDS}
_CITATIONS = {
    "Simulated by core/phantom of this project; no patient was scanned.": PHANTOM_DATA.citation or "",
}
_RULE_END = re.compile(r" on validation$")


def translate(content: Any) -> Any:
    """Return the content of ``bundle.json`` or of a training spec with its strings in current words.

    Args:
        content: data before validation; anything unexpected is left to the validation.
    """
    if not isinstance(content, dict):
        return content
    translated = dict(content)
    _replace(translated, "grouping", _GROUPINGS)
    decision, data = content.get("decision"), content.get("data")
    if isinstance(data, dict):
        translated["data"] = dict(data)
        _replace(translated["data"], "citation", _CITATIONS)
    if isinstance(decision, dict) and isinstance(rule := decision.get("operating_rule"), str):
        translated["decision"] = decision | {"operating_rule": _RULE_END.sub(" on the validation set", rule)}
    return translated


def _replace(fields: dict[str, Any], name: str, words: dict[str, str]) -> None:
    if isinstance(value := fields.get(name), str):
        fields[name] = words.get(value, value)
