"""Tables of published breast-ultrasound data sets: how their columns are read, licence and citation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.data.user_table import (
    FILE_COLUMNS,
    LABEL_COLUMNS,
    MASK_COLUMNS,
    PATIENT_COLUMNS,
    SET_COLUMNS,
    find_column,
)

if TYPE_CHECKING:
    import pandas as pd


class Columns(NamedTuple):
    """Columns of a table that describes images.

    Attributes:
        image: column of file names.
        label: column of classes.
        patient: column of patient ids, or None.
        own_set: column of the data set's own split, or None.
        masks: columns of file names of masks; a cell may hold several, joined by ``&``, ``;`` or ``,``.
    """

    image: str
    label: str
    patient: str | None = None
    own_set: str | None = None
    masks: tuple[str, ...] = ()


class KnownTable(NamedTuple):
    """The table of a published data set.

    Attributes:
        header: columns that together tell this table from others.
        columns: columns to read; without a name of a data set, others are found by their names.
        patient_in_name: regular expression whose first group is the patient id in a file name, or None.
        name: name of the data set; None for a format of tables that many data sets have.
        licence: licence of its images, or None where this program does not know it.
        citation: citation that its authors ask for, or None.
    """

    header: tuple[str, ...]
    columns: Columns
    patient_in_name: str | None = None
    name: str | None = None
    licence: str | None = None
    citation: str | None = None


BUSBRA = "BUS-BRA"
KNOWN = (
    KnownTable(
        header=("ID", "Case", "Histology", "Pathology", "BIRADS", "Device"),
        columns=Columns("ID", "Pathology", "Case"),
        name=BUSBRA,
        licence="use, copy, modification and distribution allowed; the article must be cited and the notice "
        "in its LICENSE.txt kept",
        citation="W. Gómez-Flores, M. J. Gregorio-Calas, W. Coelho de Albuquerque Pereira: BUS-BRA: A breast "
        "ultrasound dataset for assessing computer-aided diagnosis systems. Medical Physics 51(4), "
        "3110-3123, 2024. doi 10.1002/mp.16812",
    ),
    KnownTable(
        header=("Image", "Resolution", "Label", "Doppler", "Marks", "Combined"),
        columns=Columns("Image", "Label"),
        patient_in_name=r"([^\W\d_]+)_\d+",  # ALWI_000.png: four letters for the patient
        name="BUS-UCLM",
        citation="N. Vallez, G. Bueno, O. Deniz, M. A. Rienda, C. Pastor: BUS-UCLM: Breast ultrasound lesion "
        "segmentation dataset. Scientific Data 12, 242, 2025. doi 10.1038/s41597-025-04562-3",
    ),
    KnownTable(
        header=("CaseID", "Image_filename", "Mask_tumor_filename", "Mask_other_filename", "Classification"),
        columns=Columns(
            "Image_filename", "Classification", "CaseID", masks=("Mask_tumor_filename", "Mask_other_filename")
        ),
        name="BrEaST",
        licence="CC-BY-4.0",
        citation="A. Pawłowska et al.: Curated benchmark dataset for ultrasound based breast lesion "
        "analysis. Scientific Data 11, 148, 2024. doi 10.1038/s41597-024-02984-z",
    ),
    # The image folder of the Hub's datasets library, whose further columns are those of any table.
    KnownTable(header=("file_name", "label"), columns=Columns("file_name", "label")),
)


def recognise(table: pd.DataFrame) -> KnownTable | None:
    """Return the known table with these columns, in any order and spelling; or None."""
    for known in KNOWN:
        if all(find_column(table, [name]) is not None for name in known.header):
            return known
    return None


def label_columns(table: pd.DataFrame, *, but: str) -> list[str]:
    """Return the columns, but for one, whose names say that they may hold classes."""
    return [name for name in table.columns if name != but and find_column([name], LABEL_COLUMNS)]


def find_columns(
    table: pd.DataFrame,
    *,
    image: str | None = None,
    label: str | None = None,
    patient: str | None = None,
) -> Columns | str:
    """Find the columns of a table that is not known.

    Args:
        table: the table.
        image: column of file names that the user names, or None to find one by its name.
        label: the same of classes.
        patient: the same of patient ids, which a table need not have.

    Returns:
        The columns, or what is missing: ``image``, ``label``, or a name that the user gave.
    """
    for name in (image, label, patient):
        if name is not None and find_column(table, [name]) is None:
            return name
    file = find_column(table, [image] if image else FILE_COLUMNS)
    labels = find_column(table, [label] if label else LABEL_COLUMNS)
    if file is None or labels is None:
        return "image" if file is None else "label"
    return Columns(
        file,
        labels,
        find_column(table, [patient] if patient else PATIENT_COLUMNS),
        find_column(table, SET_COLUMNS),
        tuple(name for name in table.columns if find_column([name], MASK_COLUMNS)),
    )
