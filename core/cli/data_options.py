"""Arguments and options that say which data sets to read, and how."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError
from core.files import expand_user

if TYPE_CHECKING:
    from core.experiments.data_source import DataRequest

DATA_HELP = (
    "Folder with one sub-folder per class or a table of labels, a ZIP file of one, a MedMNIST .npz file, "
    "hf://datasets/USER/NAME[@REVISION] on the Hugging Face Hub, or `phantom` for simulated images. Several "
    "are used together."
)
DATA_PANEL = "How to read the data"
NO_GROUPS = "none"
OWN_SPLIT = "own"

Data = Annotated[list[str], typer.Argument(metavar="DATA", help=DATA_HELP)]


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Options of every command that reads data sets."""

    table: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="CSV or .xlsx table with a row per image: file name, class, and where known patient, set "
            "and mask. With several DATA, once for each that needs one.",
            rich_help_panel=DATA_PANEL,
        ),
    ] = None
    image_column: Annotated[
        str | None,
        typer.Option(help="Column of --table with the file names.", rich_help_panel=DATA_PANEL),
    ] = None
    label_column: Annotated[
        str | None, typer.Option(help="Column of --table with the classes.", rich_help_panel=DATA_PANEL)
    ] = None
    patient_column: Annotated[
        str | None,
        typer.Option(help="Column of --table with the patient ids.", rich_help_panel=DATA_PANEL),
    ] = None
    map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=CLASS",
            help="Class that a name in the data means, such as cyst=benign. May be given several times.",
            rich_help_panel=DATA_PANEL,
        ),
    ] = None
    groups: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="CSV or .xlsx table of patient ids, with columns file, group: a patient's images stay "
            "together. `none`: neither patients of a table nor sub-folders of a class are groups.",
            rich_help_panel=DATA_PANEL,
        ),
    ] = None

    def data(self, names: list[str], *, allow_missing: bool = False) -> "DataRequest":
        """Return the request for data sets.

        Args:
            names: data sets, as the command's argument names them.
            allow_missing: whether a class may lose more than a tenth of its images.

        Raises:
            UserError: options contradict each other.
        """
        from core.data.labels import ColumnNames
        from core.experiments.data_source import DataRequest

        columns = ColumnNames(self.image_column, self.label_column, self.patient_column)
        if any(columns) and not self.table:
            raise UserError(
                "--image-column, --label-column and --patient-column are those of --table FILE; add it."
            )
        groups = self.groups or []
        if NO_GROUPS in groups and len(groups) > 1:
            raise UserError("--groups none switches groups off; leave out the other --groups.")
        return DataRequest(
            names=tuple(names),
            tables=tuple(map(expand_user, self.table or [])),
            columns=columns,
            mapping=_mapping(self.map or []),
            groups=tuple(expand_user(path) for path in groups if path != NO_GROUPS),
            own_groups=NO_GROUPS not in groups,
            allow_missing=allow_missing,
        )


def _mapping(options: list[str]) -> dict[str, str]:
    from core.data.class_names import key_of

    mapping: dict[str, str] = {}
    for option in options:
        name, equals, target = (part.strip() for part in option.partition("="))
        if not equals or not name or not target:
            raise UserError(
                f"--map {option} is no mapping; write --map NAME=CLASS, such as --map cyst=benign."
            )
        before = next((mapped for known, mapped in mapping.items() if key_of(known) == key_of(name)), target)
        if before != target:
            raise UserError(f"--map gives {name!r} two classes, {before!r} and {target!r}; give one.")
        mapping[name] = target
    return mapping
