from hostile_names import HOST, make_hostile_bundle

from core.bundle.folder import open_bundle
from core.site.classify import Origin
from core.site.confusion_matrix import files


def test_rules_views_and_classes_can_be_chosen_and_hostile_names_are_text(tmp_path):
    make_hostile_bundle(tmp_path / "hostile")
    page = files(open_bundle(tmp_path / "hostile"), Origin("m", ""))["confusion-matrix.html"].decode()
    assert page.count("<option>") == 3
    assert page.count('data-rule="0"') == page.count('data-rule="1"') == 2
    assert f"href='https://{HOST}" not in page
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert 'id="large"' in page


def test_without_images_there_is_neither_gallery_nor_dialog(made):
    bundle = open_bundle(made / "tiny")
    data = bundle.manifest.data.model_copy(update={"simulated": False, "licence": None})
    manifest = bundle.manifest.model_copy(update={"data": data})
    found = files(type(bundle)(bundle.folder, manifest), Origin("m", ""))
    page = found["confusion-matrix.html"].decode()
    assert "it names no licence" in page
    assert "<dialog" not in page
    assert not [name for name in found if name.startswith("images/")]
