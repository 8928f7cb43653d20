"""The subsets that a manifest keeps where it has no room for all."""

import pytest
from subsets import measured_subsets

from core.bundle import stored_subsets
from core.bundle.stored_subsets import storable


def test_a_manifest_takes_the_largest_subsets_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured_subsets(4)
    assert storable(found) == found
    monkeypatch.setattr(stored_subsets, "MAX_SUBSETS", 2)
    assert storable(found) == found[2:]
    monkeypatch.setattr(stored_subsets, "MAX_SUBSET_BYTES", len(found[3].model_dump_json(indent=2)) + 1000)
    assert storable(found) == found[3:]
