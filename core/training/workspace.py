"""The working folder of a training, with its spec, split table, epochs and checkpoints."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel

from core.bundle import version_1
from core.bundle.manifest import ANCESTORS, HISTORY, SPLIT, TrainingSpec
from core.bundle.tables import COLUMNS, read_csv
from core.csv_table import to_csv
from core.errors import UserError
from core.files import write_atomically, write_text
from core.recipe import Keep, kept_epoch
from core.schema import parse, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.bundle.tables import EpochRow
    from core.images.preprocessing import Preprocessing


SPEC = "job.json"
CACHE = ".cache.npy"
_VALIDATION = "validation"
_SHOWN_CHANGES = 3


class Workspace:
    """The folder ``DIR.partial`` of a training, until its bundle is complete."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which need not exist."""
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether a training was started here."""
        return (self.folder / SPEC).is_file()

    def begin(self, spec: TrainingSpec, split: pd.DataFrame, ancestors: pd.DataFrame | None = None) -> None:
        """Create the folder with the spec and the split table.

        Args:
            spec: spec of the training.
            split: split table, a row per file.
            ancestors: images that the starting weights have seen, from ``seen_images``; None without any.
        """
        (self.folder / _VALIDATION).mkdir(parents=True, exist_ok=True)
        write_text(self.folder / SPLIT, to_csv(split))
        if ancestors is not None:
            write_text(self.folder / ANCESTORS, to_csv(ancestors))
        # Written last: a folder with a spec has everything that resuming needs.
        write_text(self.folder / SPEC, spec.model_dump_json(indent=2))

    def spec(self) -> TrainingSpec:
        """Return the spec of the training that was started here.

        Raises:
            UserError: the file is damaged.
        """
        path = self.folder / SPEC
        try:
            content = read_json(path.read_bytes())
        except ValueError:
            raise UserError(f"{path} is damaged; remove {self.folder} and train again.") from None
        return parse(TrainingSpec, version_1.convert(content), what=str(path))

    def split(self) -> pd.DataFrame:
        """Return the split table of the training that was started here."""
        return read_csv(self.folder / SPLIT)

    def history(self) -> pd.DataFrame:
        """Return a table with one row per finished epoch and the columns of ``history.csv``."""
        path = self.folder / HISTORY
        return read_csv(path) if path.is_file() else pd.DataFrame(columns=list(COLUMNS[HISTORY]))

    def check_complete(self, spec: TrainingSpec) -> None:
        """Refuse a record that is not that of one training, from the first epoch to the last.

        Raises:
            UserError: the history has other epochs than the recipe, or one has no validation predictions.
        """
        epochs = list(range(1, spec.recipe.epochs + 1))
        if list(self.history()["epoch"]) != epochs or not all(self._validation(e).is_file() for e in epochs):
            raise UserError(
                f"{self.folder} does not hold one row of history and one validation table for each of "
                f"{len(epochs)} epochs, so two programs have written to it; remove it and train again."
            )

    def validation_by_epoch(self) -> pd.DataFrame:
        """Return the validation predictions of the finished epochs."""
        return pd.concat([pd.read_parquet(self._validation(epoch)) for epoch in self.history()["epoch"]])

    def images(self, sha256: Sequence[str], preprocessing: Preprocessing) -> Path:
        """Return the path of the cache of N preprocessed images; it is named after what it holds.

        Args:
            sha256: hashes of the images' pixels, N.
            preprocessing: preprocessing to the input size.
        """
        return self.cache("images", preprocessing.model_dump_json(), *sha256)

    def cache(self, kind: str, *content: str) -> Path:
        """Return the path of a cached array, named after a hash of what determines its content."""
        key = hashlib.sha256("\n".join(content).encode()).hexdigest()
        return self.folder / f"{kind}-{key[:16]}{CACHE}"

    def checkpoint(self, epoch: int) -> Path:
        """Return the path of the weights and optimiser state after an epoch."""
        return self.folder / f"checkpoint-{epoch}.weights.h5"

    def best_weights(self, epoch: int) -> Path:
        """Return the path of the network's weights after an epoch, which exists for the best epoch so far."""
        return self.folder / f"best-{epoch}.weights.h5"

    def record(
        self,
        row: EpochRow,
        validation: pd.DataFrame,
        *,
        keep: Keep,
        save_network: Callable[[Path], Any],
        save_checkpoint: Callable[[Path], Any],
    ) -> None:
        """Record a finished epoch; it counts once ``history.csv`` is replaced, which comes last.

        Args:
            row: row of ``history.csv``.
            validation: rows of ``validation_by_epoch.parquet`` for this epoch.
            keep: rule of the recipe for the epoch to keep.
            save_network: function that writes the network's weights to a path, called for the epoch to keep.
            save_checkpoint: function that writes weights and optimiser state to a path.
        """
        epoch = row.epoch
        history = pd.concat([self.history(), pd.DataFrame([row])]) if epoch > 1 else pd.DataFrame([row])
        write_atomically(self._validation(epoch), lambda path: validation.to_parquet(path, index=False))
        best_before, best = kept_epoch(self.history(), keep), kept_epoch(history, keep)
        if best == epoch:
            write_atomically(self.best_weights(epoch), save_network)
        write_atomically(self.checkpoint(epoch), save_checkpoint)
        write_atomically(
            self.folder / HISTORY,
            lambda path: path.write_text(to_csv(history), encoding="utf-8", newline="\n"),
        )
        self.checkpoint(epoch - 1).unlink(missing_ok=True)
        if best == epoch:
            self.best_weights(best_before).unlink(missing_ok=True)

    def discard_network(self) -> None:
        """Remove cached images, features and weights, and keep the record of the training."""
        for pattern in (f"*{CACHE}", "*.weights.h5"):
            for path in self.folder.glob(pattern):
                path.unlink()

    def _validation(self, epoch: int) -> Path:
        return self.folder / _VALIDATION / f"{epoch:05}.parquet"


def check_same(
    folder: Path,
    before: TrainingSpec,
    split_before: pd.DataFrame,
    spec: TrainingSpec,
    split: pd.DataFrame,
) -> None:
    """Refuse to resume a training with another spec or split.

    The precision that ``auto`` chose may be another one, since it stays that of the training. Whether groups
    look wrong follows from the images, and earlier programs did not store it.

    Args:
        folder: folder of the training.
        before: spec of the training, or manifest of its bundle.
        split_before: split table of the training.
        spec: spec that is requested now.
        split: split table that is requested now.

    Raises:
        UserError: they differ; the message names the first field that differs, and both values.
    """
    fields_before = dict(before)
    if spec.recipe.precision == "auto":  # earlier programs stored what it stands for
        fields_before["recipe"] = before.recipe.model_copy(update={"precision": "auto"})
    for name, value in spec:
        if name not in {"command", "precision", "implausible_groups"} and fields_before[name] != value:
            changes = "; ".join(_changes(fields_before[name], value)[:_SHOWN_CHANGES])
            raise UserError(
                f"the training in {folder} was started with another {name.replace('_', ' ')} ({changes}); "
                "give the same options with --resume, or start a new one."
            )
    if list(split_before["sha256"]) != list(split["sha256"]):
        raise UserError(
            f"the images have changed since the training in {folder} was started; start a new one."
        )
    if list(split_before["set"]) != list(split["set"]):
        raise UserError(
            f"the training in {folder} was started with another split of the same images; "
            "give the same options with --resume, or start a new one."
        )


def _changes(before: Any, now: Any, name: str = "") -> list[str]:
    """Return what differs between two values of a spec, field by field, as "epochs was 4 and is now 5"."""
    if not isinstance(before, BaseModel) or type(before) is not type(now):
        return [f"{name or 'it'} was {_in_words(before)} and is now {_in_words(now)}"]
    fields_before, fields_now = dict(before), dict(now)
    # The name of a recipe only says that others of its fields differ, so it comes last.
    differing = sorted(
        (key for key in fields_now if fields_before[key] != fields_now[key]), key="name".__eq__
    )
    prefix = f"{name}." if name else ""
    return [
        change
        for key in differing
        for change in _changes(fields_before[key], fields_now[key], f"{prefix}{key}")
    ]


def _in_words(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, BaseModel):
        return "set"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
