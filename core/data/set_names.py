"""The names that data sets give to their training, validation and test set."""

from __future__ import annotations

import re
import unicodedata

_SPELLINGS = {
    "train": (
        *("train", "training", "trn", "learn"),
        *(
            "entrenamiento",
            "treino",
            "treinamento",
            "entraînement",
            "entrainement",
            "addestramento",
            "训练",
            "訓練",
        ),
    ),
    "validation": (
        *("validation", "valid", "val", "validate", "dev", "development", "tune", "tuning"),
        *("validación", "validacion", "validação", "validacao", "validierung", "validazione", "验证", "驗證"),
    ),
    "test": (
        *("test", "testing", "tst", "eval", "evaluation", "holdout"),
        *("prueba", "pruebas", "teste", "testes", "测试", "測試"),
    ),
}
_SETS = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_WITHOUT = ("set", "data", "split", "subset", "集")
_NOT_A_LETTER = re.compile(r"[\W\d_]+")


def set_of_name(name: str) -> str | None:
    """Return the set that a name means, or None where it names no set.

    Args:
        name: name of a folder or a cell of a table, such as ``Training``, ``val`` or ``test_set``; case,
            blanks, digits and punctuation do not count.

    Returns:
        ``train``, ``validation``, ``test``, or None.
    """
    letters = _NOT_A_LETTER.sub("", unicodedata.normalize("NFC", name).casefold())
    names = (letters, *(letters.removesuffix(word) for word in _WITHOUT))
    return next((_SETS[name] for name in names if name in _SETS), None)
