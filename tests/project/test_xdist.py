"""How the tests are spread over processes."""

import pytest


@pytest.mark.xdist_group("xdist")
def test_groups_of_tests_stay_in_one_worker(request: pytest.FixtureRequest) -> None:
    # xdist does it by the name: with pytest 9.2, version 3.8 of it parts groups and says nothing.
    grouped = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@xdist") or not grouped
