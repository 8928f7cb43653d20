"""A person and a model on the same images: both results, the rows of the CSV, and what is said of them."""

import numpy as np
import pytest
from pydantic import ValidationError

from core.evaluation import reader_study
from core.evaluation.confusion import margins
from core.evaluation.intervals import proportion
from core.evaluation.reader_study import NO_ANSWER, ReadImage

CLASSES = ("benign", "malignant", "normal")
SHORT = {"b": "benign", "m": "malignant", "n": "normal", "-": None}


def image(true: str, answer: str, predicted: str, **fields) -> ReadImage:
    probabilities = dict.fromkeys(CLASSES, 0.2) | {SHORT[predicted]: 0.6}
    return ReadImage(
        true_class=SHORT[true], answer=SHORT[answer], seconds=1.5, probabilities=probabilities, **fields
    )


def study(*images: str, positive: str | None = "malignant", **fields):
    """A study of images that are written as true class, answer and predicted class."""
    return reader_study.compare(
        [image(*each, **fields) for each in images], class_names=CLASSES, positive_class=positive
    )


def test_both_readers_are_measured_on_the_same_images() -> None:
    found = study("bbb", "bbb", "bmb", "b-m", "mmm", "mmb", "mbb", "nnn", "nbn", "n-n")
    assert found.person.counts.tolist() == [[2, 1, 0], [1, 2, 0], [1, 0, 1]]
    assert found.person.unanswered.tolist() == [1, 0, 1]
    assert found.model.counts.tolist() == [[3, 1, 0], [2, 1, 0], [0, 0, 3]]
    assert (found.person.correct, found.model.correct) == (5, 7)
    assert found.person.margins.accuracy == proportion(0.5, 10)
    truth, predicted = [0] * 4 + [1] * 3 + [2] * 3, [0, 0, 0, 1, 1, 0, 0, 2, 2, 2]
    assert found.model.margins == margins(truth, predicted, range(10), 3)
    assert found.difference.value == pytest.approx(-0.2)
    assert found.difference.low < -0.2 < 0 < found.difference.high
    # Images without an answer take no part in the agreement.
    assert (found.agreement.images, found.agreement.same) == (8, 5)


def test_without_any_answer_there_is_no_agreement_and_all_is_wrong() -> None:
    found = study("b-b", "m-m", "n-n")
    assert found.agreement is None
    assert found.person.margins.accuracy.value == 0
    assert found.model.margins.accuracy.value == 1
    assert found.person.unanswered.tolist() == [1, 1, 1]


def test_radiologists_read_the_images_that_have_a_category() -> None:
    images = [
        image("m", "m", "m", birads="4A"),
        image("m", "m", "m", birads="3"),
        image("b", "b", "b", birads="2"),
        image("n", "n", "n", birads="BI-RADS 5"),
        image("b", "b", "b", birads="0"),
        image("b", "b", "b"),
    ]
    found = reader_study.compare(images, class_names=CLASSES, positive_class="malignant")
    assert found.radiologists.sensitivity == proportion(0.5, 2)
    assert found.radiologists.specificity == proportion(0.5, 2)
    for unknown in (images[2:], [image("m", "m", "m"), image("b", "b", "b")]):
        one_kind = reader_study.compare(unknown, class_names=CLASSES, positive_class="malignant")
        assert one_kind.radiologists is None
    assert reader_study.compare(images, class_names=CLASSES, positive_class=None).radiologists is None


def test_the_table_has_a_row_for_each_image_in_their_order() -> None:
    table = reader_study.table(study("bbb", "m-n", birads="3"), "0123abcd", "bbb")
    assert table["set"].tolist() == ["0123abcd"] * 2
    assert table["image"].tolist() == [1, 2]
    assert table["true_class"].tolist() == ["benign", "malignant"]
    assert table["your_answer"].tolist() == ["benign", NO_ANSWER]
    assert table["predicted_class"].tolist() == ["benign", "normal"]
    assert table["seconds"].tolist() == [1.5, 1.5]
    assert table[["p_benign", "p_malignant", "p_normal"]].to_numpy().tolist() == [
        [0.6, 0.2, 0.2],
        [0.2, 0.2, 0.6],
    ]
    assert table["birads"].tolist() == ["3", "3"]
    assert "birads" not in reader_study.table(study("bbb"), "0123abcd", "bbb")


def test_three_sentences_say_what_so_few_images_mean() -> None:
    few = study(*["bbb"] * 7, *["mmb"] * 2, *["mbm"] * 5, *["nnn"] * 6)
    said = reader_study.describe(few)
    assert len(said) == 3
    assert "your 15 of 20 may stand for an accuracy of 53% to 90%" in said[0]
    assert "the model's 18 of 20 for one of 70% to 98%" in said[0]
    assert said[1].startswith("Your accuracy minus the model's is -15 points (")
    assert "20 images cannot tell which of you is better" in said[1]
    assert "not one image" in said[2]
    clear = reader_study.describe(study(*["bbm"] * 10, *["mmb"] * 10))
    assert "+100 points" in clear[1]
    assert "cannot tell" not in clear[1]


def test_an_image_with_an_unknown_class_is_refused() -> None:
    for field in ("true_class", "answer"):
        fields = image("b", "b", "b").model_dump() | {field: "cyst"}
        with pytest.raises(ValidationError, match="a class without a probability"):
            ReadImage(**fields)


def test_the_order_of_images_changes_no_result() -> None:
    written = ["bbb", "bmb", "mmm", "mbb", "nnn", "n-n"]
    one, other = study(*written), study(*written[::-1])
    assert np.array_equal(one.person.counts, other.person.counts)
    assert one.model.margins == other.model.margins
    assert one.agreement.kappa.value == pytest.approx(other.agreement.kappa.value)
