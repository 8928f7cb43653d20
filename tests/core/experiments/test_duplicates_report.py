"""The report of the self-test: shares with intervals, patients, and the project's demands on real images."""

import os
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from paths import SHARED

from core.data.audit import audit
from core.data.duplicates import self_test
from core.data.duplicates.common_frames import MOST_MERGED
from core.data.phantom.simulate import simulate
from core.data.reader import read_folder
from core.errors import UserError
from core.experiments.duplicates_report import DuplicatesReport, measure_duplicates

BUSBRA = Path(os.environ.get("BUSBRA_DIR", SHARED / "data" / "busbra"))


def measured(folder, tables=()):
    data = read_folder(folder)
    return measure_duplicates(data, audit(data), lambda *_: None, tables=tables)


@pytest.fixture
def folder(tmp_path):
    """Six phantoms of two classes, of which benign/1 is malignant/0 with a row less."""
    for number in range(6):
        label = ("benign", "malignant")[number % 2]
        path = tmp_path / "data" / label / f"{number // 2}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), simulate(label, np.random.default_rng(number)).image)
    near = cv2.imread(str(tmp_path / "data" / "malignant" / "0.png"))
    cv2.imwrite(str(tmp_path / "data" / "benign" / "1.png"), near[:-1])
    return tmp_path / "data"


@pytest.fixture
def few_copies(monkeypatch):
    monkeypatch.setattr(self_test, "COPIES", 1)


@pytest.mark.usefixtures("few_copies")
def test_the_report_has_shares_with_intervals_and_is_read_back(folder):
    report = measured(folder)
    assert (report.images, report.tested, report.groups) == (6, 6, 5)
    assert report.patients is None
    for share in (
        *(one for change in report.changes for one in (change.found, change.false)),
        *(one for frame in report.frames for one in (frame.found, frame.seen_with, frame.seen_without)),
    ):
        assert 0 <= share.low <= share.value <= share.high <= 1
        assert share.low < share.high
    compressed = next(change for change in report.changes if "JPEG" in change.name)
    assert compressed.found.value == 1
    assert DuplicatesReport.model_validate_json(report.model_dump_json()) == report


@pytest.mark.usefixtures("few_copies")
@pytest.mark.parametrize(("patients", "joined"), [("BACABC", 0), ("ABCDEF", 2)])
def test_images_in_a_group_with_another_patients_are_counted(folder, tmp_path, patients, joined):
    table = tmp_path / "patients.csv"
    # The near-duplicates are the second and the fourth file.
    files = [f"{label}/{number}.png" for label in ("benign", "malignant") for number in range(3)]
    pd.DataFrame({"file": files, "group": list(patients)}).to_csv(table, index=False)
    found = measured(folder, [table]).patients
    assert (found.images, found.patients, found.joined) == (6, len(set(patients)), joined)
    assert found.groups == ((("benign/1.png", "malignant/0.png"),) if joined else ())


def test_a_data_set_of_one_image_is_refused(tmp_path):
    (tmp_path / "benign").mkdir()
    cv2.imwrite(str(tmp_path / "benign" / "1.png"), simulate("benign", np.random.default_rng(0)).image)
    with pytest.raises(UserError, match="fewer than two usable images that differ"):
        measured(tmp_path)


# One image under two patient ids, by eye; BUS-BRA's notes name three of the pairs.
SAME_IMAGE = [
    tuple(f"Images/bus_{number}-{side}.png" for number in numbers)
    for numbers in (("0044", "0065"), ("0056", "0091"), ("0341", "0356"))
    for side in "lr"
]


def check(report):
    """What the project demands of the search, on one data set."""
    for change in report.changes:
        assert change.wanted is None or change.found.value >= change.wanted, change
        assert change.false.value <= 0.01, change
    for frame in report.frames:
        assert frame.merged <= round(MOST_MERGED * report.tested), frame
        assert max(frame.seen_with.value, frame.seen_without.value) <= 0.01, frame
    assert report.families.whole == report.families.groups == report.families.families == 10


@pytest.mark.slow
@pytest.mark.busi
def test_busi(busi):
    report = measured(busi)
    assert report.tested == 780
    check(report)


@pytest.mark.slow
@pytest.mark.busi
def test_bus_bra():
    if not BUSBRA.is_dir():
        pytest.skip(f"{BUSBRA} is not here; set BUSBRA_DIR")
    report = measured(BUSBRA)
    check(report)
    assert report.patients.images == 1875
    different = [group for group in report.patients.groups if group not in SAME_IMAGE]
    assert sum(map(len, different)) <= 9
