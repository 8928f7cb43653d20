"""What a visitor sends stays in the visitor's session: nothing of it on the disk, nothing in the log."""

import io
import json
import time
from pathlib import Path

import numpy as np
from browser import IN_CHROMIUM, chromium, serve, server_of, settled, visitor
from clips import video
from dicoms import PATIENT, dicom
from paths import ROOT
from PIL import Image
from playwright.sync_api import expect

pytestmark = IN_CHROMIUM
NAME = "Unnameable_1970"
# Larger, as a file, than the megabyte up to which Starlette by itself keeps an upload in memory.
NOISE = np.random.default_rng(11).integers(0, 256, (700, 800, 3), dtype=np.uint8)
# Three megabytes, and so much noise in each frame that no other file has it.
CLIP = video([np.roll(NOISE[..., 0], 40 * number, axis=1) for number in range(8)])
SECRETS = (
    *(CLIP[start : start + 64] for start in (len(CLIP) // 3, 2 * len(CLIP) // 3)),
    NAME.encode(),
    PATIENT.encode(),
    NOISE[0].tobytes()[:64],
    NOISE[-1].tobytes()[:64],
    NOISE[350, :, 0].tobytes()[:64],
)


KINDS = {"png": "image/png", "dcm": "application/dicom", "mp4": "video/mp4"}


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
        f"{NAME}.mp4": CLIP,
        f"{NAME}_cut.mp4": CLIP[:-200],
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
            kind = KINDS[name[-3:]]
            uploader = page.locator("input[type=file]")
            expect(uploader).to_have_count(1)
            uploader.set_input_files({"name": name, "mimeType": kind, "buffer": data})
            if "_" in name.removeprefix(NAME):
                outcome = "has too many" if "huge" in name else "is damaged"
                expect(page.get_by_text(f"{name} {outcome}").first).to_be_visible()
            else:
                shown = f"{name}, frame 1 of 8" if name.endswith(".mp4") else name
                expect(page.get_by_alt_text(f"{shown} as the network saw it")).to_be_visible()
        page.get_by_test_id("stCheckbox").filter(has_text="Crop").click()
        page.get_by_role("application").press("Shift+ArrowLeft")
        expect(page.get_by_role("img", name="Crop, 792 × 700 as the network saw it")).to_be_visible()
        settled(page)  # before, the report of the last crop may still stand there as well
        with page.expect_download() as coming:
            page.get_by_role("button", name="Download report").click()
        report = coming.value.path().read_bytes()
        assert b"Not a medical device" in report
        assert not [secret for secret in SECRETS if secret in report]
        page.get_by_test_id("stSidebar").get_by_role("link", name="Augmentation").click()
        expect(page.get_by_alt_text(f"{NAME}.mp4, frame 1 of 8, unchanged")).to_be_visible()
        # Streamlit tells what it holds in memory: of the files nothing, since the pixels are there.
        assert "UploadedFileManager" not in page.request.get(f"{address}/_stcore/metrics").text()
        written = int((server_of(address) / "io").read_text().split("wchar: ")[1].split()[0])
    # What is written to an unlinked temporary file can be seen here only. Linux also counts what goes
    # through pipes to the process that decodes and from it: the clip and its frames when it is checked,
    # classified and classified as cropped, the clip that is cut when it is checked.
    through_pipes = 3 * (len(CLIP) + 8 * NOISE.nbytes) + len(CLIP[:-200])
    assert 0 < written - through_pipes < 2**20

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
    assert reasons == ["damaged", "too many pixels", "damaged"]
    assert [event["images"] for event in events if event["event"] == "classified"] == [1, 1, 1, 8, 1, 8]
    known = {"time", "event", "reason", "model", "key", "commit", "seconds", "images"}
    assert all(set(event) <= known for event in events)
