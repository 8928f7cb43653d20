"""Data audit: the arithmetic, the measured leaks, a split of one's own, and the folder of DATA_DIR."""

import numpy as np
import pytest
from image_files import write_noise
from visit import go, png, words

from core.data.duplicates import measured as duplicates
from core.data.phantom.dataset import write_dataset
from core.paper import measured
from pages.components.shared import data_folder

PAGE = "pages/data_audit.py"
IMPLAUSIBLE = "Implausible groups"


def metric(app, label: str) -> str:
    return next(metric.value for metric in app.metric if metric.label == label)


def test_the_page_computes_what_it_tells(app) -> None:
    text = words(go(app, PAGE))
    assert "Only n = 283 and multiples of it** (9 of them) from 30 to 3,000" in text
    assert "1,138 + 283 + 157 = 1,578**: only images and masks together fit" in text
    assert "90% means 15 or 16 errors. The text names 16" in text
    assert "malignant: 34 of 42 correct, 81.0%" in text
    assert text.count("inferred") >= 4
    assert "It does not state which data set it used" in text
    contradictions, earlier = (table.value for table in app.table[1:3])
    assert any("brightness and contrast" in said for said in contradictions.index)
    assert earlier.loc["Karthik", "accuracy"] == "92.15%"
    assert duplicates.describe() in text
    for question in ("What was counted?", "What was kept together?", "Does it generalise?"):
        assert question in text

    app.segmented_control(key="table3").set_value("training")
    app.slider(key="most").set_value(1200)
    app.segmented_control(key="pixels").set_value(224)
    app.selectbox(key="figure").select("auc").run()
    assert "Only n = 1138** from 30 to 1,200" in words(app)
    charts = [chart.proto.alt for chart in app.get("plotly_chart")]
    auc = measured.read_comparison(224).protocols["naive"].metrics["auc"]
    assert any("AUC" in alt and f"naive {auc.mean:.1%}" in alt for alt in charts)
    masks = measured.read_comparison(224).paper_test_set["masks"].metrics["accuracy"]
    assert any(f"masks {masks.mean:.1%}" in alt for alt in charts)


def test_another_papers_numbers_are_tried_or_refused_in_a_sentence(app) -> None:
    go(app, PAGE)
    app.text_area(key="shares").set_value("75 %, 0.5").run()
    assert "to 3,000 give all 2 shares" in words(app)
    app.text_area(key="shares").set_value("0.12345678 0.87654322").run()
    assert "No n from 30 to 3,000 can give all 2 shares" in words(app)
    app.text_area(key="shares").set_value("about <b>nine</b> of ten").run()
    assert not app.exception
    assert "is not a share from 0 to 1" in words(app)


def test_a_link_opens_a_split_by_group_and_a_click_draws_another(app) -> None:
    app.query_params.update({"split": "By group", "test_part": "20", "groups": "Conflicting labels only"})
    go(app, PAGE)
    assert metric(app, "With a near-duplicate in training") == "0 (0%)"
    assert metric(app, "Accuracy of a look-up") == metric(app, "Accuracy of guessing")
    assert "No near-duplicate of a test image was found in training." in [each.value for each in app.success]
    assert words(app).count("images**: conflicting labels") == 2 * 2  # each text is read twice

    app.segmented_control(key="split").set_value("at random").run()
    assert metric(app, "With a near-duplicate in training") != "0 (0%)"
    assert "groups are on both sides of the split" in words(app)
    first = metric(app, "With a near-duplicate in training"), metric(app, "Accuracy of a look-up")
    app.button[-1].click().run()
    assert app.number_input(key="split_number").value == 2
    assert (metric(app, "With a near-duplicate in training"), metric(app, "Accuracy of a look-up")) != first


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "my images"
    write_dataset(folder, counts={"benign": 5, "malignant": 5})
    (folder / "benign" / "broken.png").write_bytes(b"no image")
    deep = np.random.default_rng(0).integers(0, 4096, (90, 120), dtype=np.uint16)
    (folder / "benign" / "deep.png").write_bytes(png(deep))
    return folder


def test_data_dir_is_audited_once_beside_the_page(app, monkeypatch, folder) -> None:
    monkeypatch.setenv("DATA_DIR", str(folder))
    go(app, PAGE)
    assert not app.exception
    assert "Images: simulated phantoms" in words(app) or "Images: the folder my images" in words(app)
    task = data_folder.audited(folder)
    found = task.future.result(timeout=600)
    text = words(app.run())
    assert data_folder.audited(folder) is task
    assert "Images: the folder my images" in text
    assert "Patients are not known: other images of a test patient may be in training." in text
    assert IMPLAUSIBLE not in [warning.proto.title for warning in app.warning]
    assert "4 images** have a near-duplicate with another label" in text
    problems = next(each.value for each in app.dataframe if "flags" in each.value)
    assert problems["file"].tolist() == ["benign/broken.png"]
    assert problems["reason"][problems.index[0]].startswith("benign/broken.png is ")
    assert "1 image was changed when read, such as benign/deep.png: Grey values from" in text
    assert len(found.table) > 20
    assert str(folder.parent) not in text


def test_a_split_by_group_keeps_a_patient_together_and_groups_that_look_wrong_are_named(
    app, monkeypatch, tmp_path
) -> None:
    for number in range(24):
        # Twelve patients with two images; the first image of each of ten patients is the same.
        seed = 99 if number in range(0, 20, 2) else number
        name = f"data/{'ab'[number // 12]}/patient {number // 2}/{number}.png"
        write_noise(tmp_path / name, seed)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    app.query_params["split"] = "By group"
    go(app, PAGE)
    data_folder.audited(tmp_path / "data").future.result(timeout=600)
    text = words(app.run())
    assert not app.exception
    assert "A split by group keeps near-duplicates together, and images in one sub-folder." in text
    large, conflicting = (
        each.value.replace("\\", "") for each in app.warning if each.proto.title == IMPLAUSIBLE
    )
    assert large.startswith("One near-duplicate group holds 10 of 24 images: ")
    assert conflicting.startswith("10 of 24 images have a near-duplicate of another class: ")


@pytest.mark.parametrize("name", ["nowhere", "unreadable"])
def test_a_data_dir_without_images_is_named_and_the_phantoms_stand_in(
    app, monkeypatch, tmp_path, name
) -> None:
    (tmp_path / "unreadable" / "benign").mkdir(parents=True)
    (tmp_path / "unreadable" / "benign" / "broken.png").write_bytes(b"no image")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / name))
    go(app, PAGE)
    data_folder.audited(tmp_path / name).future.exception(timeout=600)
    app.run()
    assert not app.exception
    assert "keeps near-duplicates together.\n" in words(app)
    assert f"The folder of DATA_DIR, {name}, holds no readable images" in words(app)
    assert "Images: simulated phantoms" in words(app)
