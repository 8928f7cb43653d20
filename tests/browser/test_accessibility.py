"""No page has a serious accessibility problem that axe-core can find, in either theme."""

import re
from urllib.parse import urlencode

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import IN_CHROMIUM, painted, settled, visitor
from clips import sweep, video
from playwright.sync_api import Page, expect
from visit import FIRST, MODELS, VIEWS

from core.bundle.manifest import TEST_SET
from pages.components.data_audit.steps import STEPS

pytestmark = IN_CHROMIUM
PAGES = (
    *("", "classify", "augmentation", "training_curves", "confusion_matrix", "you_against_the_model"),
    "data_audit",
)
LINKS = (
    *(f"data_audit?step={step.name}" for step in STEPS),
    *(
        f"{name}?{urlencode(view)}"
        for name in ("augmentation", "confusion_matrix")
        for view in VIEWS[f"pages/{name}.py"]
    ),
)
BAD = ("serious", "critical")


def problems(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the first element that each concerns."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}), {len(each['nodes'])} times: {each['nodes'][0]['html'][:200]}: "
        f"{each['nodes'][0]['failureSummary']}"
        for each in found
        if each["impact"] in BAD
    ]


def open_page(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/{name}")
    expect(page.get_by_test_id("stMain").get_by_text(re.compile("Model .+ · macro F1"))).to_be_visible()
    settled(page)
    # Far below the window a chart is drawn only when it comes near.
    page.set_viewport_size({"width": 1280, "height": 8000})
    painted(page)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_problem(browser, address, scheme) -> None:
    found = {}
    with visitor(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        for name in PAGES:
            open_page(page, address, name)
            found[name] = problems(page)
    assert not any(found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_a_page_with_images_and_open_expanders(browser, address, scheme) -> None:
    found = {}
    with visitor(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        open_page(page, address, "classify")
        page.get_by_role("button", name="Simulated 3", exact=True).click()
        expect(page.get_by_role("img", name="simulated example 3").first).to_be_visible()
        sidebar = page.get_by_test_id("stSidebar")
        for title in ("Classify", "Augmentation", "Confusion matrix", "Data audit"):
            sidebar.get_by_role("link", name=title).click()
            expect(page).to_have_url(re.compile(title.lower().replace(" ", "_")))
            settled(page)
            page.evaluate(
                "document.querySelectorAll('details:not([open]) > summary').forEach(each => each.click())"
            )
            settled(page)
            found[title] = problems(page)
    assert not any(found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_a_view_that_an_address_opens(browser, address, scheme) -> None:
    found = {}
    with visitor(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        for name in LINKS:
            open_page(page, address, name)
            found[name] = problems(page)
        open_page(page, address, "data_audit?step=files")
        page.get_by_text("Show which are masks").click()
        expect(page.get_by_text("You chose 0 of 6 masks and 0 images.")).to_be_visible()
        settled(page)
        found["masks"] = problems(page)
    assert not any(found.values()), {name: each for name, each in found.items() if each}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_a_large_image(browser, address, scheme) -> None:
    table = pd.read_parquet(MODELS / FIRST / TEST_SET)
    sha256 = table.loc[table["true_class"].eq("normal") & table["p_normal"].gt(0.5), "sha256"].iloc[0]
    with visitor(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        open_page(
            page, address, f"confusion_matrix?model={FIRST}&true=normal&called=normal&large={sha256[:12]}"
        )
        expect(page.get_by_role("dialog").get_by_role("img", name="as the network saw it")).to_be_visible()
        settled(page)
        assert not problems(page)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_a_crop_a_clip_or_their_report(browser, address, scheme, tmp_path) -> None:
    found = {}
    with visitor(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        open_page(page, address, f"classify?model={FIRST}")
        page.locator("input[type=file]").set_input_files(
            {"name": "loop.mp4", "mimeType": "video/mp4", "buffer": video(sweep(8))}
        )
        expect(page.get_by_text("One lesion, not 8.")).to_be_visible()
        painted(page)
        page.get_by_test_id("stExpander").locator("summary").click()
        expect(page.get_by_role("list", name="Test images, the most similar first")).to_be_visible()
        painted(page)
        found["clip"] = problems(page)
        page.get_by_label("Crop", exact=True).focus()
        page.keyboard.press("Space")
        page.get_by_role("application").press("Shift+ArrowLeft")
        expect(page.get_by_text("Cropped to ")).to_be_visible()
        painted(page)
        found["crop"] = problems(page)
        with page.expect_download() as coming:
            page.get_by_role("button", name="Download report").click()
        coming.value.save_as(tmp_path / "report.html")
        page.goto((tmp_path / "report.html").as_uri())
        expect(page.get_by_text("With and without the crop")).to_be_visible()
        found["report"] = problems(page)
    assert not any(found.values()), found


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_a_game_against_the_model_at_any_point(browser, address, scheme) -> None:
    found = {}
    with visitor(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme) as page:
        open_page(page, address, f"you_against_the_model?model={FIRST}&images=10&limit=60")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("img", name="Image 1 of 10, its class not shown")).to_be_visible()
        found["asking"] = problems(page)
        for _ in range(10):
            page.keyboard.press("m")
        result = page.get_by_role("button", name="See the result")
        expect(result).to_be_focused()
        found["over"] = problems(page)
        result.click()
        expect(page.get_by_role("status").filter(has_text="You:")).to_be_visible()
        painted(page)
        found["result"] = problems(page)
        page.get_by_role("button", name="Link to this result").click()
        expect(page.get_by_text("This link holds the answers")).to_be_visible()
        found["link"] = problems(page)
    assert not any(found.values()), found


def test_the_test_finds_what_it_looks_for(browser) -> None:
    with visitor(browser) as page:
        page.set_content("<html lang='en'><title>x</title><main><img src='data:,'></main></html>")
        assert [problem.split(" ")[0] for problem in problems(page)] == ["image-alt"]
