"""The state of a training after an epoch: the same four facts, known or not."""

from runs import TABLE_3, made

from core.bundle.epoch_facts import UNKNOWN, describe, describe_kept, epoch_facts

NAMES = ["Best epoch so far", "Overfitting gap", "Validation loss", "Learning rate"]


def test_overfitting_and_its_absence_are_described() -> None:
    first, *_, last = (epoch_facts(made(), epoch) for epoch in (1, 2, 3, 4))
    assert [fact.name for fact in first] == [fact.name for fact in last] == NAMES
    assert first[0].value == "1"
    assert "no overfitting gap" in first[1].explanation
    assert first[2].note == "lowest so far"
    assert (first[3].value, first[3].note) == ("0.01", "unchanged")
    assert (last[0].value, last[0].note) == ("2", "validation accuracy 70.0%")
    assert (last[1].value, last[1].note) == ("25.0 points", "90.0% against 65.0%")
    assert (last[2].value, last[2].note) == ("0.800", "lowest 0.500 in epoch 2")
    assert "Since epoch 2 it has fallen by 0.400 while validation loss has risen by 0.300" in (
        last[2].explanation
    )
    assert (last[3].value, last[3].note) == ("0.001", "since epoch 3, before 0.01")
    assert last[3].explanation == "The learning rate changed at epoch 3 from 0.01 to 0.001."


def test_a_schedule_is_one_note_and_has_no_steps() -> None:
    fact = epoch_facts(made(learning_rate=[0.005, 0.01, 0.004, 0.0]), 3)[3]
    assert (fact.value, fact.note) == ("0.004", "peak 0.01 in epoch 2")
    assert fact.explanation == "The learning rate follows a schedule."


def test_what_a_run_does_not_know_is_a_dash() -> None:
    of_paper = epoch_facts(TABLE_3, 6)
    assert [fact.name for fact in of_paper] == NAMES
    assert [fact.value == UNKNOWN for fact in of_paper] == [False, False, True, True]
    assert "loss" not in describe(TABLE_3, 6)
    assert "training accuracy 90.0%, validation 65.0%; loss 0.200 and 0.800." in describe(made(), 4)


def test_which_epoch_is_the_model_and_why() -> None:
    run = made()
    assert describe_kept(run, "last") == (
        f"The model is epoch {run.best_epoch} of 4, the last, as set in the recipe."
    )
    assert f"epoch **{run.best_epoch}** of 4, the best on" in describe_kept(run, "best", strong="**")
