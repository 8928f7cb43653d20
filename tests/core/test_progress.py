"""The name of the stage that is an epoch."""

from core.progress import epoch_of, epoch_step


def test_an_epoch_is_known_by_its_name_whatever_follows_it() -> None:
    name = epoch_step(3, 50)
    assert name == "Epoch 3/50"
    assert epoch_of(name) == epoch_of(f"{name}: accuracy 0.5") == (3, 50)
    assert epoch_of("Reading images") is epoch_of("Epoch 3/50 images") is None
