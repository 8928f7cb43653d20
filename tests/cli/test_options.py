"""Options that several commands share, and how they become a request."""

import inspect
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import pytest
import typer
from image_files import write_noise
from reading import silent
from typer.testing import CliRunner

from core.augmentation.ranges import AUGMENTATIONS
from core.bundle import command_line
from core.cli.app import COMMANDS
from core.cli.data_options import DataOptions
from core.cli.options import ExperimentOptions, TrainingOptions, flatten
from core.errors import UserError
from core.experiments.data_source import resolve
from core.experiments.starting_weights import find_weights
from core.hub.repository import ModelName
from core.recipe import RECIPES
from core.serving.data_folder import folder


@dataclass(frozen=True, kw_only=True)
class Shape:
    sides: Annotated[int, typer.Option(min=3, help="Number of sides.")] = 4
    name: Annotated[str | None, typer.Option(show_default="a square")] = None


def test_a_dataclass_becomes_options_and_arrives_as_one_object() -> None:
    got = []

    def draw(
        path: Annotated[Path, typer.Argument()],
        *,
        colour: Annotated[str, typer.Option()] = "red",
        shape: Shape,
        fill: Annotated[bool, typer.Option("--fill")] = False,
    ) -> None:
        """Draw a shape."""
        got.append((path, colour, shape, fill))

    app = typer.Typer()
    app.command()(flatten(draw))
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120"}).output
    for text in ("Draw a shape.", "--sides", "Number of sides.", "[default: 4]", "(a square)", "--fill"):
        assert text in shown
    assert "--shape" not in shown
    assert CliRunner().invoke(app, ["here"]).exit_code == 0
    assert CliRunner().invoke(app, ["here", "--sides", "5", "--name", "x", "--fill"]).exit_code == 0
    assert got == [
        (Path("here"), "red", Shape(), False),
        (Path("here"), "red", Shape(sides=5, name="x"), True),
    ]
    refused = CliRunner().invoke(app, ["here", "--sides", "2"])
    assert (refused.exit_code, len(got)) == (2, 2)


def test_a_tilde_in_a_path_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Tables:
        table: Annotated[Path | None, typer.Option()] = None

    got = []

    def draw(
        paths: Annotated[list[Path], typer.Argument()],
        *,
        output: Annotated[Path, typer.Option()] = Path("~/default"),
        tables: Tables,
    ) -> None:
        got.append([*paths, output, tables.table])

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # Windows
    app = typer.Typer()
    app.command()(flatten(draw))
    names = ["~/a", "b~", "~nobody-of-this-name/c", "--table=~/t"]
    assert CliRunner().invoke(app, names).exit_code == 0
    rest = [Path("b~"), Path("~nobody-of-this-name/c"), tmp_path / "default", tmp_path / "t"]
    assert got == [[tmp_path / "a", *rest]]
    # Names that may be those of a file stay texts; whatever reads the file expands them.
    (tmp_path / "r.json").write_text(RECIPES["recommended"].model_dump_json())
    (tmp_path / "a.json").write_text(AUGMENTATIONS["none"].model_dump_json())
    (tmp_path / "w.h5").touch()
    (tmp_path / "data").mkdir()
    recipe = TrainingOptions(recipe="~/r.json", augmentation="~/a.json").build_recipe()
    assert (recipe.backbone, recipe.augmentation) == (RECIPES["recommended"].backbone, AUGMENTATIONS["none"])
    assert find_weights("~/w.h5").base == str(tmp_path / "w.h5")
    write_noise(tmp_path / "data" / "benign" / "1.png")
    request = DataOptions().data(["~/data"])
    assert resolve(request, silent).folders.path("benign").parent == tmp_path / "data"
    assert ModelName.parse("~/data").folder == tmp_path / "data"
    assert folder("~/data") == tmp_path / "data"


def test_the_flat_signature_has_the_fields_in_the_place_of_the_object() -> None:
    def draw(path: str, *, shape: Shape, fill: bool = False) -> None: ...

    assert list(inspect.signature(flatten(draw)).parameters) == ["path", "sides", "name", "fill"]


def test_there_are_ten_options_of_the_recipe_and_eleven_of_every_experiment() -> None:
    data = {field.name for field in fields(DataOptions)}
    shared = {field.name for field in fields(ExperimentOptions)}
    assert shared - data == {"allow_missing", "positive_class", "weights", "seed", "resume"}
    assert len(fields(TrainingOptions)) == 21
    assert shared < {field.name for field in fields(TrainingOptions)}


def test_without_options_the_recipe_is_the_papers() -> None:
    assert TrainingOptions().build_recipe() == RECIPES["paper"]
    assert ExperimentOptions().build_recipe() == RECIPES["paper"]
    assert TrainingOptions(recipe="recommended").build_recipe() == RECIPES["recommended"]


def test_each_option_overrides_its_field(tmp_path: Path) -> None:
    values = {
        "backbone": "xception",
        "head": "average",
        "fine_tune": "all",
        "epochs": 3,
        "batch_size": 4,
        "learning_rate": 0.5,
        "precision": "bfloat16",
    }
    recipe = TrainingOptions(**values, image_size=64, augmentation="none").build_recipe()
    assert {name: getattr(recipe, name) for name in values} == values
    assert recipe.preprocessing.image_size == 64
    assert recipe.augmentation == AUGMENTATIONS["none"]
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"rotation_range": 7}))
    assert TrainingOptions(augmentation=str(own)).build_recipe().augmentation.rotation_range == 7
    with pytest.raises(UserError, match="batch_size"):
        TrainingOptions(batch_size=0).build_recipe()


def test_weights_from_a_file_are_no_part_of_the_recipe_yet(tmp_path: Path) -> None:
    for weights, in_recipe in ((None, "imagenet"), ("none", "none"), ("own.h5", "imagenet")):
        request = TrainingOptions(weights=weights).request("DATA", tmp_path)
        assert (request.weights, request.recipe.weights) == (weights or "imagenet", in_recipe)


def test_a_request_holds_what_was_asked(tmp_path: Path) -> None:
    options = TrainingOptions(groups=[str(tmp_path / "g.csv")], positive_class="benign", seed=7, resume=True)
    request = options.request(["DATA"], tmp_path / "out")
    assert (request.data.names, request.data.groups) == (("DATA",), (tmp_path / "g.csv",))
    assert request.output == tmp_path / "out"
    assert (request.positive_class, request.seed, request.resume) == ("benign", 7, True)


def test_every_option_of_a_training_is_published_as_its_type_allows() -> None:
    kinds = (command_line.PLACEHOLDERS, command_line.VALUES, command_line.FLAGS)
    commands = {command.__name__.replace("_", "-"): command for command in COMMANDS}
    for name in command_line.COMMANDS:
        for parameter in inspect.signature(flatten(commands[name])).parameters.values():
            option, kind = parameter.name.replace("_", "-"), str(parameter.annotation)
            if "ArgumentInfo" in kind:
                continue
            assert [option in each for each in kinds].count(True) == 1, option
            assert (option in command_line.FLAGS) == (parameter.annotation.__origin__ is bool), option
            if "pathlib" in kind:
                assert option in command_line.PLACEHOLDERS
