"""The worst source is the one that a reader must know of."""

from held_out import held_out_run


def test_the_worst_source_is_judged_among_its_classes() -> None:
    limits = held_out_run(Alpha=0.93, Beta=0.84, Gamma=0.9).limits
    assert limits.worst.name == "Beta"
    assert limits.worst.among_its_classes.coverage.value == 0.84
    whole = limits.worst.model_copy(update={"among_present": None})
    assert whole.among_its_classes == whole.as_predicted
