"""Write rows of predictions as CSV or Parquet as they come, and sum up what the command says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.evaluation.predictions import probability_columns
from core.images.local import ALL
from core.inference.prediction_table import SEEN_COLUMNS, to_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PARQUET = ".parquet"
SHOWN = 10


@dataclass
class PredictionSummary:
    """What a command says of the rows of predictions.

    Attributes:
        predicted: number of images, chosen frames and clips with a prediction, without the frames of clips
            that are summed up.
        first: the first ten of them.
        clips: number of clips with a prediction.
        changed: number of files that decoding changed.
        changed_file: the first of them.
        changed_notes: what decoding changed in it.
        warned: whether a frame was found around an ultrasound image.
        files: number of files.
        failed_files: number of files without any prediction.
        failed_clips: number of clips in files of their own that are not summed up.
        problem: the first reason of those, or ''.
    """

    predicted: int = 0
    first: pd.DataFrame = field(default_factory=pd.DataFrame)
    clips: int = 0
    changed: int = 0
    changed_file: str = ""
    changed_notes: str = ""
    warned: bool = False
    files: int = 0
    failed_files: int = 0
    failed_clips: int = 0
    problem: str = ""

    def add(self, table: pd.DataFrame, *, sum_up_clips: bool) -> None:
        """Add rows; all rows of a file come together.

        Args:
            table: the rows.
            sum_up_clips: whether clips are summed up.
        """
        predicted, of_clip = table[table["problem"] == ""], table["frame"] == ALL
        shown = predicted[predicted["frame"].isin(["", ALL])] if sum_up_clips else predicted
        if len(self.first) < SHOWN:
            self.first = pd.concat([self.first, shown.head(SHOWN - len(self.first))], ignore_index=True)
        self.predicted += len(shown)
        self.clips += int((predicted["frame"] == ALL).sum())
        self.warned |= bool((predicted["warning"] != "").any())
        of_files = predicted[predicted["frame"] != ALL].drop_duplicates("file")
        changed = of_files[of_files["notes"] != ""]
        if not self.changed and len(changed):
            self.changed_file, self.changed_notes = changed[["file", "notes"]].iloc[0]
        self.changed += len(changed)
        failed = table[~table["file"].isin(predicted["file"])].drop_duplicates("file")
        if not self.problem and len(failed):
            self.problem = failed["problem"].iloc[0]
        self.files += table.loc[~of_clip, "file"].nunique()
        self.failed_clips += int(of_clip[failed.index].sum())
        self.failed_files += int((~of_clip[failed.index]).sum())


def write_rows(
    tables: Iterable[pd.DataFrame],
    stream: IO[bytes],
    class_names: Sequence[str],
    *,
    parquet: bool,
    sum_up_clips: bool,
) -> PredictionSummary:
    """Write tables of rows one after the other.

    Args:
        tables: rows of ``core.inference.prediction_rows`` with ``model`` and ``commit``.
        stream: where they are written, as UTF-8.
        class_names: classes of the model.
        parquet: whether as Parquet, instead of CSV. There ``possible`` is a list, and ``frame`` a text.
        sum_up_clips: whether clips are summed up.
    """
    summary = PredictionSummary()
    if parquet:
        schema = _schema(class_names)
        with pq.ParquetWriter(stream, schema) as writer:
            for table in tables:
                summary.add(table, sum_up_clips=sum_up_clips)
                rows = table.assign(frame=table["frame"].map(str))
                writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
        return summary
    for number, table in enumerate(tables):
        summary.add(table, sum_up_clips=sum_up_clips)
        stream.write(to_csv(table, header=number == 0).encode())
    return summary


def _schema(class_names: Sequence[str]) -> pa.Schema:
    def columns(kind: pa.DataType, *names: str) -> list[tuple[str, pa.DataType]]:
        return [(name, kind) for name in names]

    text, number = pa.string(), pa.float64()
    return pa.schema(
        [
            *columns(text, "file", "frame", "crop", "predicted_class"),
            *columns(number, *probability_columns(class_names)),
            *columns(pa.list_(text), "possible"),
            *columns(number, "distance"),
            *columns(pa.bool_(), "unlike_training"),
            *columns(text, *SEEN_COLUMNS, "warning", "notes", "problem", "model", "commit"),
        ]
    )
