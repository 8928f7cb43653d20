import pytest

from core.data.set_names import set_of_name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *((name, "train") for name in ("train", "Training", "TRAIN_SET", "train-01", "training data", "trn")),
        *((name, "validation") for name in ("val", "Valid", "dev", "validation split", "tuning set")),
        *((name, "test") for name in ("test", "Testing", "test_2", "eval", "hold-out", "testset")),
        *((name, "train") for name in ("Entrenamiento", "训练集", "entrainement")),
        *((name, "validation") for name in ("validacio\u0301n", "Validação", "验证")),
        *((name, "test") for name in ("prueba", "测试集_1")),
        *((name, None) for name in ("", "benign", "trainer", "set", "data", "images", "1", "train/val")),
    ],
)
def test_names_of_sets(name: str, meant: str | None) -> None:
    assert set_of_name(name) == meant
