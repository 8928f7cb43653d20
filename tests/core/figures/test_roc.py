"""ROC and precision-recall curves."""

from core.evaluation import ranking as evaluation_ranking
from core.figures import style
from core.figures.roc import precision_recall, roc

NAMES = ("benign", "malignant", "normal")


def test_ranking_curves_keep_the_classes_colours() -> None:
    is_class, scores = [True, False, True], [0.8, 0.4, 0.4]
    colours = style.class_colours(NAMES)
    for figure in (
        roc(dict.fromkeys(NAMES, evaluation_ranking.roc(is_class, scores))),
        precision_recall(
            dict.fromkeys(NAMES, evaluation_ranking.precision_recall(is_class, scores)),
            dict.fromkeys(NAMES, 0.3),
        ),
    ):
        assert {trace.name: trace.line.color for trace in figure.data} == colours
        assert len({trace.line.dash for trace in figure.data}) == 3
