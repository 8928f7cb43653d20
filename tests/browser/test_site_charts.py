"""Training curves, Confusion matrix and About of a static page, in Chromium under their own policy."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import IN_CHROMIUM
from hostile_names import CLASSES, HOST, make_hostile_bundle
from paths import ROOT
from playwright.sync_api import expect
from site_charts import guest, write_pages
from sites import served

from core.bundle.folder import open_bundle
from core.bundle.history import Run
from core.bundle.manifest import HISTORY
from core.figures.learning_curves import learning_curves
from core.site import charts

pytestmark = [*IN_CHROMIUM, pytest.mark.slow]
PAGES = ("training-curves.html", "confusion-matrix.html", "about.html")
CURVES, MATRIX, ABOUT = PAGES
LAST = 40  # epochs of the embedded model


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with served(write_pages(open_bundle(ROOT / "models" / "phantom"), folder, "phantom")) as address:
        yield address


def drawn(page):
    """Wait until every chart that can be seen stands."""
    for chart in page.locator("[data-chart]").all():
        if chart.is_visible():
            expect(chart.locator(".main-svg").first).to_be_attached()


def open_all(page):
    page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true }")
    drawn(page)


def test_the_replay_is_driven_by_the_keyboard_alone(browser, site):
    with guest(browser) as page:
        page.goto(site + CURVES)
        drawn(page)
        epoch, play = page.locator("#epoch"), page.locator("#play")
        accuracy = page.locator("[data-chart=accuracy]")
        expect(epoch).to_have_text(str(LAST))
        page.keyboard.press("b")
        expect(epoch).to_have_text(str(LAST - 1))
        expect(page).to_have_url(f"{site}{CURVES}?epoch={LAST - 1}")
        assert "up to epoch 39:" in accuracy.get_attribute("aria-label")
        expect(page.locator("#words")).to_contain_text("Epoch 39 of 40: training accuracy")
        page.keyboard.press("n")
        expect(page).to_have_url(site + CURVES)
        slider = page.get_by_role("slider", name="Epoch")
        slider.focus()
        page.keyboard.press("Home")
        expect(epoch).to_have_text("1")
        assert slider.get_attribute("aria-valuetext").startswith("Epoch 1 of 40: training accuracy")
        page.keyboard.press("ArrowRight")
        expect(epoch).to_have_text("2")
        page.get_by_label("Epochs per second").select_option("10")
        play.focus()
        page.keyboard.press("p")
        expect(play).to_have_text("Pause")
        expect(page.locator("#words")).to_have_attribute("aria-live", "off")
        page.wait_for_function("() => Number(document.getElementById('epoch').value) > 5")
        page.keyboard.press("p")
        expect(play).to_have_text("Play")
        assert f"?epoch={epoch.text_content()}" in page.url
        slider.focus()
        page.keyboard.press("End")
        for _ in range(4):
            page.keyboard.press("ArrowLeft")
        play.focus()
        page.keyboard.press("Space")
        expect(play).to_have_text("Pause")
        expect(epoch).to_have_text(str(LAST))
        expect(play).to_have_text("Play")  # it ends by itself


def test_every_epoch_of_the_replay_is_the_figure_of_the_app(browser, site):
    bundle = open_bundle(ROOT / "models" / "phantom")
    run = Run("phantom", bundle.table(HISTORY), bundle.manifest.best_epoch)
    with guest(browser) as page:
        page.goto(site + CURVES)
        drawn(page)
        frames = page.evaluate(
            """async () => {
                const { frameOf } = await import("./charts.js")
                const { epochs, charts } = await (await fetch("charts/training-curves.json")).json()
                const all = (index) => ["accuracy", "loss"].map((name) => frameOf(charts[name], index))
                return epochs.map((_, index) => all(index))
            }"""
        )
    assert len(frames) == LAST
    for number, pair in enumerate(frames, start=1):
        for measure, found in zip(("accuracy", "loss"), pair, strict=True):
            assert found == charts.as_plain(learning_curves([run], measure, epoch=number)), (measure, number)


def test_a_link_leads_to_an_epoch_and_wrong_ones_to_the_last(browser, site):
    with guest(browser) as page:
        for asked, shown in (("3", "3"), ("0", "40"), ("x", "40"), ("9" * 400, "40")):
            page.goto(f"{site}{CURVES}?epoch={asked}")
            drawn(page)
            expect(page.locator("#epoch")).to_have_text(shown)


def texts(page):
    return page.locator("[data-chart=matrix] .textpoint text").all_text_contents()


def test_three_views_two_rules_and_a_cell_by_keyboard_or_click(browser, site):
    with guest(browser) as page:
        page.goto(site + MATRIX)
        drawn(page)
        counts = ["39", "6", "2", "6", "19", "0", "0", "0", "17"]
        assert texts(page) == counts
        numbers, rule = (
            page.get_by_role("combobox", name="Numbers"),
            page.get_by_role("combobox", name="Decision rule"),
        )
        numbers.select_option("row shares")
        expect(page.locator("[data-chart=matrix] .textpoint text").first).to_have_text("83%")
        numbers.select_option("column shares")
        expect(page.locator("[data-chart=matrix] .textpoint text").first).to_have_text("87%")
        numbers.select_option("counts")
        rule.select_option("operating point")
        expect(page.locator("[data-chart=matrix] .textpoint text").nth(4)).to_have_text("23")
        expect(page.locator("dl.facts:visible dd").first).to_have_text("70 of 89")
        rule.select_option("most probable class")
        expect(page.locator("#words")).to_contain_text("6 of 25 malignant images (24%)")
        predicted = page.get_by_role("combobox", name="Predicted class")
        predicted.focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator("#words")).to_contain_text("19 of 25 malignant images (76%)")
        expect(page).to_have_url(f"{site}{MATRIX}?predicted=1")
        page.locator("[data-chart=matrix] .textpoint text").nth(2).click(force=True)
        expect(page.locator("#words")).to_contain_text("2 of 47 benign images (4%)")
        page.reload()
        drawn(page)
        expect(page.locator("#words")).to_contain_text("2 of 47 benign images (4%)")


def test_the_images_of_a_cell_enlarge_and_turn_by_keys(browser, site):
    with guest(browser) as page:
        page.goto(f"{site}{MATRIX}?true=0&predicted=0")
        cards = page.locator("#images button")
        expect(cards).to_have_count(12)
        expect(page.locator("#page")).to_have_text("1–12 of 36")
        page.get_by_role("button", name="Later").click()
        expect(page.locator("#page")).to_have_text("13–24 of 36")
        page.wait_for_function(
            "() => [...document.querySelectorAll('#images img')].every((image) => image.naturalWidth)"
        )
        cards.nth(2).focus()
        page.keyboard.press("Enter")
        large = page.get_by_role("dialog", name="benign predicted as benign")
        expect(large).to_contain_text("15 of 36")
        expect(large).to_contain_text("True class: benign. Probabilities: benign ")
        page.keyboard.press("n")
        expect(large).to_contain_text("16 of 36")
        page.keyboard.press("b")
        page.keyboard.press("b")
        expect(large).to_contain_text("14 of 36")
        page.keyboard.press("Escape")
        expect(large).to_be_hidden()
        expect(cards.nth(2)).to_be_focused()
        page.get_by_label("Saliency").uncheck()
        expect(cards.nth(2).locator(".over")).to_be_hidden()


def test_the_charts_below_are_drawn_when_their_section_opens(browser, site):
    with guest(browser) as page:
        page.goto(site + MATRIX)
        for title, names in (
            ("Threshold", ["tradeoff"]),
            ("ROC and precision-recall", ["roc", "precision-recall"]),
            ("Calibration", ["reliability"]),
        ):
            section = page.locator("details", has=page.get_by_text(title, exact=True))
            if section.get_attribute("open") is None:
                section.locator("summary").click()
            for name in names:
                expect(section.locator(f"[data-chart={name}] .main-svg").first).to_be_visible()


def test_a_page_may_show_no_images_and_says_why(browser, tmp_path):
    folder = write_pages(open_bundle(ROOT / "models" / "busi-busbra"), tmp_path, "busi-busbra")
    with served(folder) as address, guest(browser) as page:
        page.goto(address + MATRIX)
        drawn(page)
        expect(page.get_by_text("The page shows no test images: BUSI")).to_be_visible()
        expect(page.locator("#words")).to_contain_text("3 of 81 malignant images (4%)")
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_a_serious_problem_or_is_wider_than_the_window(browser, site, scheme, width):
    for name in PAGES:
        with guest(browser, color_scheme=scheme, viewport={"width": width, "height": 844}) as page:
            page.goto(site + name)
            drawn(page)
            open_all(page)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width
            found = Axe().run(page).response["violations"]
            bad = [each for each in found if each["impact"] in {"serious", "critical"}]
            assert not bad, (name, [(each["id"], each["nodes"][0]["html"][:300]) for each in bad])


def test_on_a_phone_the_main_object_is_in_the_first_screen(browser, site):
    with guest(browser, viewport={"width": 390, "height": 844}) as page:
        for name, chart in ((CURVES, "accuracy"), (MATRIX, "matrix")):
            page.goto(site + name)
            drawn(page)
            box = page.locator(f"[data-chart={chart}]").bounding_box()
            assert box["y"] + box["height"] < 844, name


def test_the_page_follows_a_change_of_the_theme(browser, site):
    with guest(browser, color_scheme="light") as page:
        page.goto(site + CURVES)
        drawn(page)
        tick = page.locator("[data-chart=accuracy] .xtick text").first
        assert "rgb(11, 17, 24)" in tick.get_attribute("style")
        page.emulate_media(color_scheme="dark")
        expect(tick).to_have_css("fill", "rgb(245, 247, 250)")


def test_hostile_names_are_text_on_every_page(browser, tmp_path):
    make_hostile_bundle(tmp_path / "hostile")
    bundle = open_bundle(tmp_path / "hostile")
    folder = write_pages(bundle, tmp_path / "site", "<img src=x onerror=alert(1)>")
    with served(folder) as address, guest(browser) as page:
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for name in PAGES:
            page.goto(address + name)
            drawn(page)
            open_all(page)
            leaving = page.locator(f"[href*='{HOST}'], [src*='{HOST}'], img[src='x'], main b, main i")
            assert leaving.count() == 0, (name, leaving.first.evaluate("(node) => node.outerHTML"))
        counts = np.array(bundle.manifest.metrics.confusion_matrix)
        row, column = np.argwhere(counts)[0]
        page.goto(f"{address}{MATRIX}?true={row}&predicted={column}")
        page.locator("#images button").first.click()
        assert page.get_by_role("dialog").get_by_role("heading").text_content().startswith(CLASSES[row][:6])
