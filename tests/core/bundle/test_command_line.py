"""A published command line holds no path."""

import pytest

from core.bundle.command_line import publish, republish

MUELLER = "Mueller_1970"  # a patient


@pytest.mark.parametrize(
    ("arguments", "published"),
    [
        (
            "train phantom --output OUT --seed 3 --fine-tune all",
            "train phantom --output OUTPUT --seed 3 --fine-tune all",
        ),
        (f"train {MUELLER} --output={MUELLER} --resume", "train DATA --output=OUTPUT --resume"),
        (f"train --resume --output runs/{MUELLER} ../{MUELLER}/x", "train --resume --output OUTPUT DATA"),
        (
            f"train ~/{MUELLER} --tensorboard {MUELLER} --push-to {MUELLER}/x",
            "train DATA --tensorboard FOLDER --push-to USER/REPO",
        ),
        (f"train D --groups {MUELLER}.csv --split {MUELLER}.csv", "train DATA --groups GROUPS --split SPLIT"),
        (
            f"train D --weights {MUELLER}.h5 --recipe {MUELLER} --augmentation {MUELLER}.json",
            "train DATA --weights WEIGHTS --recipe RECIPE --augmentation AUGMENTATION",
        ),
        (
            "train D --weights imagenet --recipe recommended --augmentation none",
            "train DATA --weights imagenet --recipe recommended --augmentation none",
        ),
        (
            "train hf://datasets/ann/data@v1 --positive-class malignant",
            "train hf://datasets/ann/data@v1 --positive-class malignant",
        ),
        (f"search {MUELLER} {MUELLER}.json --output {MUELLER}.json", "search DATA PLAN --output OUTPUT"),
        (
            f"train D --tag {MUELLER}/x --positive-class a\\\\{MUELLER}",
            "train DATA --tag VALUE --positive-class VALUE",
        ),
        (
            "cross-validate D --cluster local --resources CPU=2,GPU=1",
            "cross-validate DATA --cluster local --resources CPU=2,GPU=1",
        ),
        ("cross-validate D --cluster head.hospital:6379", "cross-validate DATA --cluster ADDRESS"),
        # Options that other versions have.
        (f"train D --soft-labels {MUELLER} --{MUELLER}=x", "train DATA --soft-labels VALUE --option=VALUE"),
        (f"{MUELLER} -- {MUELLER} {MUELLER} {MUELLER}", "COMMAND DATA DATA DATA"),
    ],
)
def test_paths_become_placeholders(arguments, published) -> None:
    line = publish(arguments.split())
    assert line == f"python train_cli.py {published}"
    assert MUELLER not in line
    assert republish(line) == line


def test_the_command_lines_in_a_text_are_found() -> None:
    card = f"# Model\n\n```\npython train_cli.py train '{MUELLER} x' --output {MUELLER}\n```\n\nEdited."
    assert republish(card) == "# Model\n\n```\npython train_cli.py train DATA --output OUTPUT\n```\n\nEdited."
    assert republish(f"python train_cli.py train '{MUELLER}") == "python train_cli.py"
