"""Drawn changes of an image, and the model's answers to them."""

import numpy as np
from bundles import CLASSES
from visit import FIRST, MODELS

from core.augmentation.ranges import AUGMENTATIONS
from core.augmentation.transform import apply
from core.images.preprocessing import fit
from core.inference.augmented import predict_augmented, spread
from core.inference.classifier import Classifier, Prediction


def test_draws_change_the_fitted_image_and_a_seed_repeats_them(upload) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    strong = AUGMENTATIONS["strong"]
    draws = predict_augmented(classifier, upload[1], strong, seed=3, count=4)
    fitted = fit(upload[1], classifier.preprocessing)
    for draw, prediction in draws:
        assert (prediction.image == apply(fitted, draw)).all()
    again = predict_augmented(classifier, upload[1], strong, seed=3, count=4)
    assert [draw for draw, _ in again] == [draw for draw, _ in draws]
    others = predict_augmented(classifier, upload[1], strong, seed=4, count=4)
    assert not {draw for draw, _ in others} & {draw for draw, _ in draws}


def test_without_augmentation_no_draw_moves_the_answer(upload) -> None:
    classifier = Classifier.from_bundle(MODELS / FIRST)
    draws = predict_augmented(classifier, upload[1], AUGMENTATIONS["none"], seed=0, count=3)
    table = spread([prediction for _, prediction in draws])
    alone = classifier.classify(upload[1])
    assert np.allclose(table["lowest"], table["highest"], atol=1e-6)
    assert np.allclose(table["median"], list(alone.probabilities.values()), atol=1e-5)
    assert dict(zip(table["class"], table["times_predicted"], strict=True))[alone.predicted_class] == 3


def test_the_spread_is_of_each_class_on_its_own() -> None:
    rows = [(0.7, 0.2, 0.1), (0.5, 0.4, 0.1), (0.3, 0.6, 0.1)]
    nothing = np.zeros(0)
    predictions = [
        Prediction(
            *(dict(zip(CLASSES, row, strict=True)), (), nothing, {}),
            unlike_training=False,
            image=nothing,
            embedding=nothing,
        )
        for row in rows
    ]
    table = spread(predictions).set_index("class")
    assert table.loc["benign"].tolist() == [0.3, 0.5, 0.7, 2]
    assert table.loc["malignant"].tolist() == [0.2, 0.4, 0.6, 1]
    assert table.loc["normal"].tolist() == [0.1, 0.1, 0.1, 0]
