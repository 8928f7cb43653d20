"""What a visitor sends stays in the visitor's session: nothing of it on the disk, nothing in the log."""

import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, chromium, serve, server_of, visitor
from dicoms import PATIENT, dicom
from paths import ROOT
from PIL import Image
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
NAME = "Unnameable_1970"
# Larger, as a file, than the megabyte up to which Starlette by itself keeps an upload in memory.
NOISE = np.random.default_rng(11).integers(0, 256, (700, 800, 3), dtype=np.uint8)
SECRETS = (
    NAME.encode(),
    PATIENT.encode(),
    NOISE[0].tobytes()[:64],
    NOISE[-1].tobytes()[:64],
    NOISE[350, :, 0].tobytes()[:64],
)


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def files_since(start: float, *folders: Path) -> list[Path]:
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if path.stat().st_mtime >= start]


def test_no_upload_and_no_file_name_reaches_disk_or_log(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    for folder in (home, temporary):
        folder.mkdir()
    said: list[str] = []
    environment = {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    start = time.time()
    uploads = {
        f"{NAME}.png": encoded(Image.fromarray(NOISE)),
        f"{NAME}.dcm": dicom(NOISE[::-1], "RGB"),
        f"{NAME}_broken.png": encoded(Image.fromarray(NOISE))[:1_200_000],
        f"{NAME}_huge.png": encoded(Image.new("1", (20_000, 20_000))),
    }
    with (
        serve(said, **environment) as address,
        chromium() as browser,
        visitor(browser, viewport={"width": 1280, "height": 900}) as page,
    ):
        page.goto(f"{address}/classify")
        for number, (name, data) in enumerate(uploads.items()):
            if number:
                page.get_by_role("button", name="Add images").click()
            kind = "application/dicom" if name.endswith(".dcm") else "image/png"
            uploader = page.locator("input[type=file]")
            expect(uploader).to_have_count(1)
            uploader.set_input_files({"name": name, "mimeType": kind, "buffer": data})
            if "broken" in name or "huge" in name:
                outcome = "is damaged" if "broken" in name else "has too many"
                expect(page.get_by_text(f"{name} {outcome}").first).to_be_visible()
            else:
                expect(page.get_by_alt_text(f"{name} as the network saw it")).to_be_visible()
        with page.expect_download() as coming:
            page.get_by_role("button", name="Download report").click()
        report = coming.value.path().read_bytes()
        assert b"Not a medical device" in report
        assert not [secret for secret in SECRETS if secret in report]
        page.get_by_test_id("stSidebar").get_by_role("link", name="Augmentation").click()
        expect(page.get_by_alt_text(f"{NAME}.dcm, unchanged")).to_be_visible()
        # Streamlit tells what it holds in memory: of the files nothing, since the pixels are there.
        assert "UploadedFileManager" not in page.request.get(f"{address}/_stcore/metrics").text()
        written = int((server_of(address) / "io").read_text().split("wchar: ")[1].split()[0])
    assert written < 2**20  # what is written to an unlinked temporary file can be seen here only

    log = "".join(said)
    places = files_since(
        start, home, temporary, ROOT / ".streamlit", ROOT / "models", ROOT / "pages", ROOT / "core"
    )
    for place, content in [("the log", log.encode()), *((path, path.read_bytes()) for path in places)]:
        for secret in SECRETS:
            assert secret not in content, place
    names = [str(path) for path in files_since(start, home, temporary, ROOT) if ".git/" not in str(path)]
    assert not any(NAME in name for name in names)

    events = [json.loads(line) for line in said if line.startswith("{")]
    reasons = [event["reason"] for event in events if event["event"] == "image refused"]
    assert reasons == ["damaged", "too many pixels"]
    assert [event["images"] for event in events if event["event"] == "classified"] == [1, 1]
    known = {"time", "event", "reason", "model", "key", "commit", "seconds", "images"}
    assert all(set(event) <= known for event in events)
