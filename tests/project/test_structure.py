"""Every module has a test file of its name, or a reason why not."""

from pathlib import Path

import pytest
from paths import ROOT

TESTS = ROOT / "tests"
CORE = sorted(
    path.relative_to(ROOT / "core") for path in (ROOT / "core").rglob("*.py") if path.stem[0] != "_"
)
SHARED = sorted((ROOT / "pages" / "components" / "shared").glob("*.py"))
PAGES = sorted(
    path for path in (ROOT / "pages" / "components").iterdir() if path.name not in ("shared", "__pycache__")
)
# Modules with nothing of their own to test.
EXEMPT = {
    Path("errors.py"): "an exception class without code",
}
# What pages share is tested where a visitor meets it.
TESTED_BY = {
    "augmented_predictions": "pages/test_augmentation.py",
    "chart": "browser/test_accessibility.py",
    "clips": "pages/test_classify_clips.py",
    "component": "browser/test_images.py",
    "crops": "pages/test_classify_crop.py",
    "data_folder": "pages/test_data_audit.py",
    "image_cards": "browser/test_images.py",
    "images": "pages/test_classify.py",
    "input_clip": "pages/test_classify_clips.py",
    "input_image": "pages/test_classify.py",
    "keys": "pages/shared/test_session.py",
    "layout": "pages/test_pages.py",
    "measured": "pages/test_data_audit.py",
    "model_fallback": "pages/test_pages.py",
    "data_table": "pages/test_hostile_names.py",
    "model_status": "pages/test_pages.py",
    "model_update": "pages/shared/test_models_from_the_hub.py",
    "navigation": "pages/test_pages.py",
    "open_models": "pages/shared/test_models_from_the_hub.py",
    "page_icon": "browser/test_app.py",
    "polling": "pages/test_data_audit.py",
    "seen_in_training": "pages/test_classify.py",
    "user_errors": "project/test_load.py",
}


@pytest.mark.parametrize("module", CORE, ids=str)
def test_a_module_of_core_has_a_test_file_of_its_name(module: Path) -> None:
    folder = TESTS if module.parts[0] == "cli" else TESTS / "core"
    assert (folder / module.parent / f"test_{module.stem}.py").is_file() != (module in EXEMPT)


@pytest.mark.parametrize("module", SHARED, ids=lambda path: path.stem)
def test_what_pages_share_has_a_test_file(module: Path) -> None:
    assert (TESTS / TESTED_BY.get(module.stem, f"pages/shared/test_{module.stem}.py")).is_file()


@pytest.mark.parametrize("folder", PAGES, ids=lambda path: path.name)
def test_a_page_has_a_test_file_that_opens_its_components(folder: Path) -> None:
    assert (TESTS / "pages" / f"test_{folder.name}.py").is_file()


@pytest.mark.parametrize("name", ["core", "pages", "tests", "train_cli.py", "streamlit_app.py"])
def test_no_module_is_longer_than_300_lines(name: str) -> None:
    path = ROOT / name
    files = [path] if path.is_file() else path.rglob("*.py")
    assert not [file for file in files if len(file.read_text(encoding="utf-8").splitlines()) > 300]


@pytest.mark.parametrize(
    ("call", "home"),
    [
        (".to_csv(index", "core/csv_table.py"),
        ("pd.read_csv(", "core/csv_table.py"),
        ("st.dataframe(", "pages/components/shared/data_table.py"),
        ("from rich.text", "core/cli/console.py"),
    ],
)
def test_what_makes_names_harmless_is_used_everywhere(call, home) -> None:
    for path in [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        assert call not in path.read_text() or path == ROOT / home, path
