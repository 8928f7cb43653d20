import numpy as np

from core.augmentation.ranges import AUGMENTATIONS
from core.paper import statements


def test_table_3_is_made_of_the_inferred_sizes() -> None:
    table = statements.history()
    for column, name in (("accuracy", "train"), ("val_accuracy", "validation")):
        size = statements.INFERRED_SIZES[name]
        assert (((table[column] * size).round() / size).round(4) == table[column]).all()
    assert sum(statements.INFERRED_SIZES.values()) == 1578
    images, masks = (sum(counts.values()) for counts in statements.BUSI_FILES_BY_CLASS.values())
    assert (images, masks, images + masks) == (780, 798, 1578)
    assert table["accuracy"].max() == table.loc[statements.BEST_EPOCH - 1, "accuracy"]
    assert statements.best_by_validation() == 10


def test_the_reconstructed_matrix_holds_the_named_errors_and_rounds_to_the_stated_accuracy() -> None:
    matrix = np.array(statements.RECONSTRUCTED_CONFUSION_MATRIX)
    assert matrix.sum() == statements.INFERRED_SIZES["test"]
    for (true_class, predicted), count in statements.NAMED_ERRORS.items():
        assert matrix[statements.CLASSES.index(true_class), statements.CLASSES.index(predicted)] == count
    assert matrix.sum() - np.trace(matrix) == sum(statements.NAMED_ERRORS.values())
    assert round(np.trace(matrix) / matrix.sum(), 2) == statements.TEST_ACCURACY


def test_what_the_paper_is_blamed_for_follows_from_its_numbers() -> None:
    blame = " ".join(inconsistency.found for inconsistency in statements.INCONSISTENCIES)
    sizes = statements.INFERRED_SIZES
    shares = [round(100 * sizes[name] / sum(sizes.values())) for name in ("train", "validation", "test")]
    assert "{}, {} and {}".format(*(sizes[name] for name in ("train", "validation", "test"))) in blame
    assert "are {}, {} and {} %".format(*shares) in blame
    assert f"by validation accuracy epoch {statements.best_by_validation()} is best" in blame
    paper = AUGMENTATIONS["paper"]
    assert paper.brightness_range == paper.contrast_range == (1, 1)
    above = [work for work in statements.EARLIER_WORK if work.accuracy > statements.TEST_ACCURACY]
    assert [f"{100 * work.accuracy:.2f} %" in blame for work in above] == [True]
