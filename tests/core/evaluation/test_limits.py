"""The worst source is the one that a reader must know of, and a stranger's numbers must be possible."""

import pytest
from held_out import check, held_out_run

from core.errors import UserError
from core.evaluation.limits import LimitCheck
from core.schema import parse


def test_the_worst_source_is_judged_by_the_sets_that_a_visitor_would_see() -> None:
    limits = held_out_run(Alpha=0.93, Beta=0.84, Gamma=0.9).limits
    assert limits.worst.name == "Beta"
    assert limits.worst.as_predicted.coverage.value == pytest.approx(0.74)
    assert limits.worst.as_predicted.excess_error == pytest.approx(0.04)


@pytest.mark.parametrize("value", [1e300, -0.1])
def test_a_coverage_that_is_no_share_is_refused(value: float) -> None:
    fields = check(0.8, ("benign", "malignant")).model_dump()
    fields["coverage"] |= {"value": value, "low": min(value, 0.5)}
    with pytest.raises(UserError, match="coverage: it is no share"):
        parse(LimitCheck, fields, what="a check")
