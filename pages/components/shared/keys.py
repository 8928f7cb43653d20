"""The key of every widget, chart and styled container of the pages."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Key(StrEnum):
    """Keys of widgets and charts.

    A widget that is bound to the address has its key as the name there: links hold it, so it stays. The keys
    of some containers are names in style.css.
    """

    # Every page
    CODE_AHEAD = "code_ahead"
    EMPTY_CHART = "empty chart"
    STATUS = "status"
    BOTTOM = "bottom"
    SHEET = "sheet_of_controls"
    SHEET_HANDLE = "sheet_handle"
    SHEET_OPEN = "sheet open"
    MAIN_OBJECT = "main_object"
    MODEL = "model"  # in the address alone
    MODEL_PICKER = "model picker"
    IMAGE_PICKER = "image picker"
    UPLOADER = "uploader"
    SEED = "seed"
    # Home
    EXAMPLE_PLACE = "example_place"
    EXAMPLE = "example of"
    CLASSIFY_YOURS = "classify_yours"
    EXAMPLE_SALIENCY = "explained"
    EXAMPLE_CHART = "probabilities of"
    PAGE_CARDS = "page_cards"
    PREVIEW = "preview"
    WORKFLOW_CHART = "pipeline"
    # Classify
    DROP_ZONE = "drop_zone"
    STRIP_PLACE = "strip_place"
    IMAGE_PLACE = "image_place"
    LARGE_PLACE = "large_place"
    WAITING_PLACE = "waiting_place"
    WAITING_PREDICTION = "waiting_prediction"
    WAITING_IMAGE = "image without a prediction"
    CHECKS = "checks"
    ADD_IMAGES = "add images"
    EXAMPLES = "examples"
    SIMULATED_EXAMPLE = "simulated example"
    STRIP = "strip"
    LARGE_IMAGE = "selected image"
    SOURCE = "from"
    CAMERA = "camera"
    CLIPBOARD = "paste"
    MAP = "map"
    MAP_CLASS = "class"
    OPACITY = "opacity"
    PROBABILITY_CHART = "probabilities"
    STABILITY = "stability"
    # Augmentation
    PREDICT = "predict"
    DRAWN = "drawn"
    DRAWS = "grid of draws"
    RANGE_STRIP = "strip of a range"
    SIDE_BY_SIDE = "side by side"
    KERAS_PROPERTY = "property of Keras"
    PRESET = "preset"
    RESET = "reset"
    RADIANS = "radians"
    PANEL = "panel"
    DRAW = "draw"
    AMPLIFICATION = "amplify"
    # Training curves
    AXIS = "axis"
    SMOOTHING = "smoothing"
    LOG = "log"
    RUNS = "runs"
    PLAY = "play"
    SPEED = "speed"
    EPOCH = "epoch"  # in the address; its widget has a key that changes
    EPOCH_SLIDER = "epoch slider"
    CURVE_CHART = "curve"
    VALIDATION_MATRIX = "validation matrix"
    # Confusion matrix
    PREDICTIONS = "predictions"
    RULE = "decision"
    THRESHOLD = "threshold"
    NUMBERS = "numbers"
    MATRIX = "matrix"
    TRUE_CLASS = "true"
    PREDICTED_CLASS = "called"
    CELL_PAGE = "sheet"
    SALIENCY = "tint"
    DETAILS = "details"
    CELL_IMAGES = "images of the cell"
    ENLARGED = "large"  # in the address alone
    ENLARGED_IMAGE = "large image"
    ENLARGED_CHART = "probabilities of the large image"
    ENLARGED_CLASS = "saliency of"
    ENLARGED_OPACITY = "opacity of the large image"
    TRADEOFF_CHART = "tradeoff"
    TRADEOFF_TABLE = "tradeoff table"
    ROC_CHART = "roc"
    PRECISION_RECALL_CHART = "precision recall"
    RELIABILITY_CHART = "reliability"
    PAPER_MATRIX = "paper's matrix"
    # You against the model
    GAME = "game"
    GAME_PLACE = "game_place"
    LIMIT_PICKER = "limit picker"
    COUNT_PICKER = "count picker"
    YOUR_MATRIX = "your matrix"
    MODEL_MATRIX = "model's matrix"
    COMPARED_IMAGES = "compared images"
    WHICH_IMAGES = "which images"
    # Data audit
    STEP_BUTTONS = "step_buttons"  # a container with a style
    STEP = "step"  # in the address alone
    STEP_PICKER = "step picker"
    TABLE_3 = "table3"
    LARGEST_N = "most"
    TRIED_N = "n"
    SHARES = "shares"
    FILES = "files"
    SHOW_MASKS = "show masks"
    ERRORS = "errors"
    INFERRED_MATRIX = "inferred matrix"
    IMAGE_SIZE = "pixels"
    METRIC = "figure"
    PROTOCOL_CHART = "protocols"
    KIND_CHART = "test set"
    SPLIT = "split"
    SPLIT_NUMBER = "split_number"
    TEST_SHARE = "test_part"
    SPLIT_CHART = "draws"
    GROUPS = "groups"
    GROUPS_PAGE = "groups_page"
    GROUP = "group of images"
    ENLARGED_GROUP = "enlarged group"
    PAIRS = "pairs"
    CHECKED_PAPER = "checked paper"
    QUESTION = "question"


def numbered(key: Key, *parts: object) -> str:
    """Return the key of one of several widgets of a kind."""
    return " ".join([key, *map(str, parts)])
