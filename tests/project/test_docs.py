"""README and docs: every command is there and runs or parses, every link leads somewhere."""

import argparse
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from documentation import (
    PAGES,
    Command,
    anchors,
    commands,
    is_code,
    links,
    paragraphs,
    parsed,
    table,
    text,
)
from paths import ROOT
from visit import arrive, words

from core.augmentation.ranges import load_augmentation
from core.experiments.search_plan import read_plan
from core.recipe import load_recipe

README, *DOCS = PAGES
DEPLOY = ROOT / "docs" / "DEPLOY.md"
# What a command needs and is not here: its name says so. The user `ann` lives on the Hub of the tests.
PLACEHOLDERS = {
    "BUSI",
    "BUSBRA",
    "OTHER_HOSPITAL",
    "WEIGHTS",
    "SPLIT",
    "FOLDS",
    "TABLE",
    "IMAGE",
    "FOLDER",
    "DATA",
    "COMMIT",
}
ON_THE_HUB = re.compile(r"(hf://datasets/)?(USER/(REPO|SPACE|NAME)|ann/[\w-]+)(@\w+)?")
INPUTS = (
    *("data", "table", "bundle", "paths", "plan", "runs", "weights", "groups", "split", "limits"),
    *("repo", "space", "model"),
)
OVERRIDES = (
    "backbone",
    "head",
    "fine_tune",
    "image_size",
    "epochs",
    "batch_size",
    "learning_rate",
    "precision",
)
ALL = [command for page in PAGES for command in commands(page)]
OF_TRAINING = [command for command in ALL if command.words[:2] == ["python", "train_cli.py"]]


def inputs(command: Command) -> list[str]:
    """What a command of train_cli.py reads, or where it publishes."""
    parameters = parsed(command.words[2:])[1]
    found = []
    for name in INPUTS:
        value = parameters.get(name)
        found += [str(one) for one in (value if isinstance(value, list | tuple) else [value]) if one]
    return [one for one in found if one not in {"imagenet", "none", "own"}]


def is_placeholder(value: str) -> bool:
    return value.removeprefix("/shared/") in PLACEHOLDERS or ON_THE_HUB.fullmatch(value) is not None


def of_an_earlier_version(command: Command) -> bool:
    """Whether a page says that the present version refuses the plan of a search."""
    plan = Path(command.words[5]).name
    return f"the present version refuses `{plan}`" in " ".join(text(command.page).split())


@cache
def outputs(page: Path) -> set[str]:
    """What the commands of a page write."""
    values = [parsed(command.words[2:])[1].get("output") for command in OF_TRAINING if command.page == page]
    return {str(value) for value in values if value}


def is_made(value: str, made: set[str]) -> bool:
    return any(value == one or value.startswith(f"{one}/") for one in made)


@pytest.mark.parametrize("command", OF_TRAINING, ids=str)
def test_a_command_parses_and_says_what_it_needs(command: Command, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    _, parameters = parsed(command.words[2:])
    if "recipe" in parameters:
        given = {name: parameters[name] for name in OVERRIDES if parameters.get(name) is not None}
        load_recipe(parameters["recipe"]).overridden(**given)
    if parameters.get("augmentation"):
        load_augmentation(parameters["augmentation"])
    if "plan" in parameters and not of_an_earlier_version(command):
        read_plan(parameters["plan"])
    for value in inputs(command):
        assert (
            is_placeholder(value)
            or value == "phantom"
            or (ROOT / value).exists()
            or is_made(value, outputs(command.page))
        ), f"{value} is neither here nor a placeholder that this test knows"


@pytest.mark.parametrize("command", [c for c in ALL if c not in OF_TRAINING], ids=str)
def test_every_other_command_is_one_that_is_there(command: Command) -> None:
    program, *rest = command.words
    if program == "make":
        target = next(word for word in rest if "=" not in word)
        assert re.search(rf"(?m)^{re.escape(target)}:", (ROOT / "Makefile").read_text())
    elif program == "streamlit":
        assert rest == ["run", "streamlit_app.py"]
        for value in ",".join(command.variables.values()).split(","):
            assert is_placeholder(value) or is_made(value, outputs(command.page)) or (ROOT / value).exists()
    elif program == "uv":  # tests/project/test_lock.py runs it
        assert rest == ["run", "streamlit", "run", "streamlit_app.py"]
    elif program == "python":
        assert rest[0].startswith("tests/"), command
        usage = subprocess.run(
            [sys.executable, rest[0], "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert not {word for word in rest if word.startswith("--")} - set(usage.stdout.split())
    elif program == "docker":
        arguments = argparse.ArgumentParser(exit_on_error=False)
        arguments.add_argument("--build-arg", default="MODEL=")
        known, _ = arguments.parse_known_args(rest)
        assert f"ARG {known.build_arg.partition('=')[0]}=" in (ROOT / "Dockerfile").read_text()
    elif program == "cp":
        source, target = rest
        assert is_made(source, outputs(command.page))
        assert (ROOT / target).is_file()
    else:
        assert program in {"pip", "source", "export"}


def test_no_two_commands_write_the_same_output() -> None:
    """Whoever runs what README, TRAINING and RESULTS say is not refused because the output exists already."""
    written: dict[str, set[str]] = {}
    for command in OF_TRAINING:
        name, parameters = parsed(command.words[2:])
        if (
            (output := parameters.get("output"))
            and command.page != DEPLOY
            and parameters.get("data") != ["DATA"]
        ):
            options = sorted(word for word in command.words[2:] if word != "--resume")
            written.setdefault(str(output), set()).add(" ".join([name, *options]))
    assert not {output: commands for output, commands in written.items() if len(commands) > 1}


def runnable(page: Path) -> list[Command]:
    """The commands of a page whose inputs are here, or are made by such commands before."""
    made: set[str] = set()
    found = []
    for command in commands(page):
        if command in OF_TRAINING:
            needed = inputs(command)
        elif command.words[0] == "streamlit" and command.variables.keys() == {"MODEL"}:
            needed = [command.variables["MODEL"]]
        else:
            continue
        if all(one == "phantom" or (ROOT / one).exists() or is_made(one, made) for one in needed):
            found.append(command)
            made |= {str(parsed(command.words[2:])[1].get("output"))} if command in OF_TRAINING else set()
    return found


def marked(page: Path) -> object:
    trains = any(command.words[2:4] == ["train", "phantom"] for command in runnable(page))
    return pytest.param(page, id=page.name, marks=[pytest.mark.slow] if trains else [])


@pytest.mark.parametrize("page", [marked(page) for page in PAGES if runnable(page)])
def test_commands_that_need_nothing_run(page: Path, tmp_path: Path, monkeypatch) -> None:
    for name in ("train_cli.py", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    for command in runnable(page):
        if command.words[0] == "streamlit":
            monkeypatch.setenv("MODEL", command.variables["MODEL"])
            app = arrive().run()
            assert not app.exception
            assert f"Model **{Path(command.variables['MODEL']).name}**" in words(app)
            continue
        ran(command.words)
        output = parsed(command.words[2:])[1].get("output")
        assert output is None or output.exists()
        if output and (ROOT / output).is_file():  # a result in the repository is what its command writes
            new, stored = (
                json.loads((folder / output).read_text())["metrics"] for folder in (tmp_path, ROOT)
            )
            for metric in ("accuracy", "auc"):
                if new["intervals"] == stored.get("intervals"):
                    assert new[metric] == pytest.approx(stored[metric])
                else:  # intervals by the method of an earlier version
                    assert new[metric]["value"] == pytest.approx(stored[metric]["value"])


@pytest.mark.parametrize(
    "page", [README, pytest.param(DEPLOY, marks=pytest.mark.slow)], ids=lambda page: page.name
)
def test_publishing_works_as_written(page: Path, hub, bundle, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.tokens["write"])
    here = {"USER/REPO": "ann/busi", "USER/SPACE": "ann/busi-app", "runs/busi": str(bundle)}
    published = {("models", "ann/busi"), ("spaces", "ann/busi-app")}
    if any("ann/busi-busbra@v1" in command.words for command in commands(page)):  # pushed before, as it says
        ran(f"python train_cli.py push {ROOT / 'models/busi-busbra'} ann/busi-busbra --tag v1".split())
        published |= {("models", "ann/busi-busbra"), ("spaces", "ann/busi-page")}
    for command in commands(page):
        if command in OF_TRAINING and command.words[2] in {"push", "deploy", "pull"}:
            line = re.sub("|".join(here), lambda found: here[found[0]], " ".join(command.words))
            ran(line.split())
    assert set(hub.repos) == published


def ran(command: list[str]) -> str:
    run = subprocess.run(
        [sys.executable, ROOT / command[1], *command[2:]],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert run.returncode == 0, f"{command}\n{run.stderr}"
    return run.stderr + run.stdout


@pytest.mark.slow
@pytest.mark.busi
def test_the_audit_prints_what_is_shown(busi: Path) -> None:
    shown = next(part for part in paragraphs(text(DEPLOY)) if part.startswith("```\nListing files"))
    assert ran(["python", "train_cli.py", "audit", str(busi)]).strip() == shown.strip("`\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_leads_to_every_page() -> None:
    assert {f"docs/{page.name}" for page in DOCS} <= {link.partition("#")[0] for link in links(README)}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_a_page_opens_with_the_question_that_it_answers(page: Path) -> None:
    title, question, *_ = paragraphs(text(page))
    assert title.startswith("# ")
    assert question.endswith("?")
    assert question.count("? ") + question.count(". ") == 0


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 130
    for paragraph in paragraphs(text(README)):
        if not is_code(paragraph) and not paragraph.startswith("|"):
            assert len(paragraph.splitlines()) <= 4, paragraph


def test_the_readme_gives_results_as_the_page_of_results_does() -> None:
    results = (ROOT / "docs" / "RESULTS.md").read_text()
    for row in table(README, "with 95 % confidence intervals"):
        for cell in list(row.values())[1:]:
            assert f"| {cell} |" in results
