"""The tables of README and docs say what the code says."""

import ast
import importlib.metadata
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import streamlit
from documentation import command_line, names, paragraphs, table, text
from paths import ROOT
from streamlit import config

from core.augmentation.ranges import AUGMENTATIONS
from core.data.provenance import PROTOCOLS
from core.images.preprocessing import Preprocessing
from core.recipe import EARLIER_RECIPES, RECIPES, Recipe

DOCS = ROOT / "docs"
CONFIGURATION, TRAINING, DEVELOPMENT = (
    DOCS / f"{name}.md" for name in ("CONFIGURATION", "TRAINING", "DEVELOPMENT")
)
MAKEFILE = (ROOT / "Makefile").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SOURCES = [
    *(ROOT / name for name in ("train_cli.py", "streamlit_app.py", "tests/conftest.py")),
    *(ROOT / "core").rglob("*.py"),
    *(ROOT / "pages").rglob("*.py"),
]
READS = {"os.environ.get", "os.environ.setdefault", "os.getenv", "_needed"}
TRAINS = ("train", "cross-validate", "compare", "search")


def variables_of(path: Path) -> set[str]:
    """The environment variables that a file names where it reads or sets one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        key: Any = None
        if isinstance(node, ast.Call) and ast.unparse(node.func) in READS:
            key = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            key = node.slice
        if isinstance(key, ast.Constant):
            found.add(key.value)
    return found


def documented(columns: str, page: Path = CONFIGURATION) -> set[str]:
    """The names in the first column of a table."""
    return {name for row in table(page, columns) for name in names(next(iter(row.values())))}


def source_of(place: str) -> str:
    """The text of a file of this project, or of an installed package."""
    path = ROOT / place
    return (path if path.is_file() else Path(streamlit.__file__).parents[1] / place).read_text()


def test_every_variable_that_is_read_is_documented() -> None:
    read = set().union(*map(variables_of, SOURCES))
    dockerfile = (ROOT / "Dockerfile").read_text()
    read |= set(re.findall(r"(?m)^ARG (\w+)|id=(\w+)", dockerfile)[0]) - {""}
    known = documented("variable | read in")
    assert read - documented("variable | set in") <= known
    assert set(re.findall(r"([A-Z_]+)=", "".join(re.findall(r"(?m)^ENV .*", dockerfile)))) <= (
        known | documented("variable | set in")
    )


@pytest.mark.parametrize("columns", ["variable | read in", "variable | set in"])
def test_every_variable_is_read_where_the_table_says(columns: str) -> None:
    place = columns.partition(" | ")[2]
    of_streamlit = {option.env_var for option in config._config_options_template.values()}
    for row in table(CONFIGURATION, columns):
        (variable,) = names(row["variable"])
        if variable.startswith("STREAMLIT_"):
            assert variable in of_streamlit
            continue
        assert names(row[place])
        for file in names(row[place]):
            assert re.search(rf"\b{variable}\b", source_of(file)), f"{variable} is not in {file}"


def test_the_variables_of_make() -> None:
    defaults = dict(re.findall(r"(?m)^(\w+) \?= (.*)$", MAKEFILE))
    rows = table(CONFIGURATION, "variable | default | example")
    assert {names(row["variable"])[0]: names(row["default"])[0] for row in rows if row["default"]} == defaults
    used = set(re.findall(r"\$\(([A-Z_]+)\)", MAKEFILE)) - {"MAKECMDGOALS"}
    set_there = set(re.findall(r"(?m)^(\w+) :?= ", MAKEFILE))
    assert {names(row["variable"])[0] for row in rows} == used - set_there


def test_the_targets_of_make() -> None:
    (targets,) = re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert documented("target", DEVELOPMENT) == {f"make {target}" for target in targets.split()}


def test_the_fields_of_a_recipe() -> None:
    inside = Preprocessing.model_fields
    fields = [name for name in Recipe.model_fields if name not in {"name", "preprocessing"}]
    rows = {names(row["field"])[0]: row for row in table(TRAINING, "field")}
    assert rows.keys() == {*fields, *inside}
    for name, row in rows.items():
        for recipe, built_in in RECIPES.items():
            value = getattr(built_in.preprocessing if name in inside else built_in, name)
            if name == "augmentation":
                value = next(preset for preset, ranges in AUGMENTATIONS.items() if ranges == value)
            shown = f"{value:g}" if type(value) in {int, float} else str(value)
            assert row[f"`{recipe}`"] == (
                shown.lower() if value in (True, False) and type(value) is bool else shown
            )


def test_the_options_of_the_commands_that_train() -> None:
    group = command_line()
    found: dict[str, set[str]] = {}
    defaults: dict[str, Any] = {}
    for command in TRAINS:
        for parameter in group.commands[command].params:
            for option in (name for name in parameter.opts if name.startswith("--")):
                found.setdefault(option, set()).add(command)
                defaults[option] = parameter.default
    of_recipe = {option for row in table(TRAINING, "field") for option in names(row["option"])}
    rows = {names(row["option"])[0]: row for row in table(TRAINING, "option")}
    assert {**rows, **dict.fromkeys(of_recipe)}.keys() == found.keys()
    for option, row in rows.items():
        assert set(row["commands"].split(", ")) == found[option], option
        if defaults[option] not in {None, False, ...}:
            assert row["default"] == str(defaults[option]), option


def test_the_built_in_names() -> None:
    assert documented("recipe", TRAINING) == {*RECIPES, *EARLIER_RECIPES}
    assert documented("augmentation", TRAINING) == set(AUGMENTATIONS)
    assert documented("protocol", TRAINING) == set(PROTOCOLS)


def test_the_packages_of_core() -> None:
    core = ROOT / "core"
    there = {path.parent.name for path in core.glob("*/__init__.py")} | {
        path.stem for path in core.glob("*.py")
    }
    assert documented("package", ROOT / "README.md") == there - {"__init__"}


def test_the_layers() -> None:
    contract = next(one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    drawn = "\n".join(f"    {layer}" for layer in contract["layers"])
    assert drawn in paragraphs(text(DOCS / "ARCHITECTURE.md"))


def test_markers_and_folders_of_the_tests() -> None:
    markers = {line.partition(":")[0] for line in PYPROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    assert documented("marker", DEVELOPMENT) == markers
    folders = re.findall(r"(?m)^    tests/(\w+)/", text(DEVELOPMENT))
    assert {path.parent.name for path in (ROOT / "tests").glob("*/*.py")} | {"core"} == set(folders)


def test_pinned_versions_in_the_docs_are_those_of_the_requirements() -> None:
    (stated,) = re.findall(r'"tensorflow\[and-cuda\]==([\d.]+)"', text(TRAINING))
    assert stated == importlib.metadata.version("tensorflow-cpu")
