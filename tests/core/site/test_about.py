from hostile_names import HOST, make_hostile_bundle
from paths import ROOT

from core.bundle import card, limits_elsewhere
from core.bundle.folder import open_bundle
from core.site import about
from core.site.classify import Origin


def page(folder, origin=None):
    origin = origin or Origin("m", "")
    return about.files(open_bundle(folder), origin)["about.html"].decode()


def test_the_card_is_there_with_limits_at_home_and_elsewhere_and_licences():
    folder = ROOT / "models" / "busi-busbra"
    found = page(folder, Origin("ann/model", "0a" * 20))
    manifest = open_bundle(folder).manifest
    assert "<h2>busi-busbra</h2>" in found
    assert "<h3>How far calibration and prediction sets hold</h3>" in found
    assert "home, the test set" in found
    assert limits_elsewhere.OTHER_NETWORKS in found
    assert "use, copy, modification and distribution allowed" in found
    assert f"{manifest.metrics.accuracy.value:.3f}" in found
    assert f"ann/model at commit <code>{'0a' * 20}</code>" in found
    assert "library_name" not in found  # the metadata for the Hub
    assert found.count("<h1>") == 1
    assert found.count('<div class="scroll"') == found.count("</table></div>") > 5


def test_what_is_said_of_privacy_is_what_the_policy_does():
    found = page(ROOT / "models" / "phantom")
    assert "tells the browser to block requests to other addresses" in found
    assert "connect-src &#x27;self&#x27;" in found
    assert "default-src &#x27;none&#x27;" in found


def test_hostile_names_are_text(tmp_path):
    make_hostile_bundle(tmp_path / "hostile")
    found = page(tmp_path / "hostile")
    assert f'="https://{HOST}' not in found
    assert "<img" not in found
    assert "<b>" not in found
    assert found.count("<a ") == 6  # the way to the page itself, four pages, and one licence


def test_markup_of_a_stranger_is_not_html():
    text = "<script>alert(1)</script> ![i](https://evil.example/i.png) [l](javascript:a)"
    found = about.as_html(f"---\nx: y\n---\n\n# T\n\n{text}\n")
    assert "<script" not in found
    assert "<img" not in found
    assert 'href="javascript' not in found


def test_the_card_that_a_bundle_brings_is_not_shown(bundle):
    (bundle / "README.md").write_text("---\n---\n<script>theirs</script>")
    assert "theirs" not in page(bundle)
    assert card.NOT_A_DEVICE.split("**")[1] in page(bundle)
