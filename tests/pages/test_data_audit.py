"""Data audit: seven steps, each with its arithmetic or measurement, and the folder of DATA_DIR."""

import json
import shutil

import numpy as np
import pytest
from image_files import write_noise
from paths import ROOT
from visit import cards, go, png, words

from core.data.duplicates import measured as duplicates
from core.data.phantom.dataset import write_dataset
from core.paper import measured
from pages.components.data_audit import collection
from pages.components.data_audit.checklist import QUESTIONS
from pages.components.data_audit.steps import STEPS
from pages.components.shared import data_folder

PAGE = "pages/data_audit.py"
IMPLAUSIBLE = "Implausible groups"


def step(app, name: str):
    app.query_params["step"] = name
    return go(app, PAGE)


def metric(app, label: str) -> str:
    return next(metric.value for metric in app.metric if metric.label == label)


def alts(app) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def click(app, label: str):
    return next(button for button in app.button if button.label == label).click().run()


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_a_link_opens_one_step_and_computes_no_other(app, number) -> None:
    step(app, STEPS[number].name)
    assert not app.exception
    assert app.subheader[0].value == STEPS[number].heading
    assert STEPS[number].sentence in [each.value for each in app.markdown]
    back, onward = (
        next(button for button in app.button if button.label == label) for label in ("Back", "Next")
    )
    assert back.disabled == (number == 0)
    assert onward.disabled == (number == len(STEPS) - 1)
    others = {each.heading for each in STEPS} - {STEPS[number].heading}
    assert not others & {each.value for each in app.subheader}


@pytest.mark.slow
def test_next_back_and_the_progress_line_lead_through_the_steps(app) -> None:
    go(app, PAGE)
    assert app.subheader[0].value == STEPS[0].heading
    for each in STEPS[1:]:
        click(app, "Next")
        assert app.query_params["step"] == each.name
        assert app.subheader[0].value == each.heading
    click(app, "Back")
    assert app.subheader[0].value == STEPS[-2].heading
    app.segmented_control(key="step picker").set_value("errors").run()
    assert app.query_params["step"] == "errors"
    assert app.subheader[0].value == "The 90 %, file by file"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ({"split": "By group"}, "try"),
        ({"groups": "Conflicting labels only"}, "duplicates"),
        ({"pixels": "224"}, "leaks"),
        ({"table3": "Training accuracy"}, "numbers"),
        ({"step": "nowhere"}, "numbers"),
    ],
)
def test_a_link_that_names_no_step_leads_to_the_one_that_it_is_about(app, address, name) -> None:
    app.query_params.update(address)
    go(app, PAGE)
    assert not app.exception
    assert app.segmented_control(key="step picker").value == name
    if "step" not in address and name != "numbers":
        assert app.query_params["step"] == name  # a value that is back at its default leaves the address


def test_the_numbers_of_images_follow_from_the_accuracies(app) -> None:
    text = words(go(app, PAGE))
    assert "Only n = 283 and multiples of it** (9 of them) from 30 to 3,000" in text
    assert "inferred" in text
    assert set(app.dataframe[0].value["fits"]) == {"yes"}
    app.selectbox(key="table3").set_value("training")
    app.slider(key="most").set_value(1200).run()
    assert "Only n = 1138** from 30 to 1,200" in words(app)
    app.number_input(key="n").set_value(1000).run()
    assert "k/1000" in app.dataframe[0].value.columns
    assert "no" in set(app.dataframe[0].value["fits"])


@pytest.mark.slow
def test_another_papers_numbers_are_tried_or_refused_in_a_sentence(app) -> None:
    go(app, PAGE)
    app.selectbox(key="table3").set_value("another").run()
    app.text_area(key="shares").set_value("75 %, 0.5").run()
    assert "to 3,000 give all 2 shares" in words(app)
    app.text_area(key="shares").set_value("0.12345678 0.87654322").run()
    assert "No n from 30 to 3,000 can give all 2 shares" in words(app)
    app.text_area(key="shares").set_value("about <b>nine</b> of ten").run()
    assert not app.exception
    assert "is not a share from 0 to 1" in words(app)


def test_the_files_are_a_quiz_and_only_images_and_masks_together_fit(app) -> None:
    text = words(step(app, "files"))
    assert "1,138 + 283 + 157 = 1,578**: only images and masks together fit" in text
    assert "this is **inferred**" in text
    assert app.table[0].value.loc["fits"].tolist() == ["", "**yes**", "no", "no"]
    hidden = cards(app, "files")
    assert len(hidden) == 12
    assert [card["label"] for card in hidden] == [f"File {number}" for number in range(1, 13)]
    assert all(card["source"].startswith("data:image/") for card in hidden)
    app.toggle(key="show masks").set_value(True).run()
    assert sum(card["label"].startswith("mask, ") for card in cards(app, "files")) == 6
    assert "You chose 0 of 6 masks" in words(app)


def test_the_errors_give_the_matrix_away(app) -> None:
    text = words(step(app, "errors"))
    assert "90 % means 15 or 16 errors. The text names 16" in text
    assert "malignant: 34 of 42 correct, 81.0%" in text
    assert "Inferred, not printed in the paper" in text
    assert "It does not state which data set it used" in text
    contradictions, earlier = (table.value for table in app.table)
    assert any("brightness and contrast" in said for said in contradictions.index)
    assert earlier.loc["Karthik", "accuracy"] == "92.15%"
    assert metric(app, "141 of 157 correct") == "89.81%"
    app.slider(key="errors").set_value(17).run()
    assert "Not the 90 % that the paper states." in words(app)
    app.slider(key="errors").set_value(15).run()
    assert "but its text names 16 errors" in words(app)


def test_the_leaks_are_those_measured(app) -> None:
    app.query_params["step"] = "leaks"
    go(app, PAGE)
    app.segmented_control(key="pixels").set_value(224)
    app.selectbox(key="figure").select("auc").run()
    found = measured.read_comparison(224)
    auc = found.protocols["naive"].metrics["auc"]
    assert any("AUC" in alt and f"naive {auc.mean:.1%}" in alt for alt in alts(app))
    masks = found.paper_test_set["masks"].metrics["accuracy"]
    assert any(f"masks {masks.mean:.1%}" in alt for alt in alts(app))
    both = next(each for each in app.metric if each.label.startswith("Both together"))
    gap = next(each for each in found.differences if (each.minuend, each.subtrahend) == ("paper", "clean"))
    assert both.value == f"{100 * gap.metrics['auc'].mean:+.1f}"
    assert both.delta == f"{100 * gap.metrics['auc'].low:+.1f} to {100 * gap.metrics['auc'].high:+.1f}"
    assert found.sentences[0].split(" (")[0] in words(app)


def test_a_link_opens_a_split_by_group_and_a_click_draws_another(app) -> None:
    app.query_params.update({"split": "By group", "test_part": "20"})
    go(app, PAGE)
    assert metric(app, "Leaked") == "0%"
    assert metric(app, "Look-up") == metric(app, "Guessing")
    assert "No near-duplicate of a test image was found in training." in [each.value for each in app.success]

    app.segmented_control(key="split").set_value("at random").run()
    assert metric(app, "Leaked") != "0%"
    assert "groups are on both sides of the split" in words(app)
    pairs = [card["label"].split(": ")[0] for card in cards(app, "pairs")]
    assert pairs[:2] == ["test", "training"]
    first = metric(app, "Leaked"), metric(app, "Look-up")
    click(app, "Another split")
    assert app.number_input(key="split_number").value == 2
    assert (metric(app, "Leaked"), metric(app, "Look-up")) != first


def test_the_groups_of_near_duplicates_are_shown_page_by_page(app) -> None:
    app.query_params["groups"] = "Conflicting labels only"
    text = words(go(app, PAGE))
    assert text.count("images**: conflicting labels") == 2 * 2  # each text is read twice
    assert duplicates.describe() in text
    assert "Images: simulated phantoms" in text
    app.segmented_control(key="groups").set_value("all").run()
    assert app.get("pagination")
    drawn = [each.proto for each in app.get("bidi_component")]
    assert len(drawn) == 4
    assert all(card["detail"].endswith(".png") for proto in drawn for card in json.loads(proto.json)["cards"])


def test_a_checklist_is_ticked_and_kept_while_one_looks_elsewhere(app) -> None:
    text = words(step(app, "checklist"))
    assert metric(app, "Answered well") == f"0 of {len(QUESTIONS)}"
    labels = [box.label for box in app.checkbox]
    for question in ("What was counted?", "What was kept together?", "Does it generalise?"):
        assert any(question in label for label in labels)
    assert "90.0% (84.3% to 94.0%) at best" in text
    app.checkbox(key="question 1").check().run()
    assert metric(app, "Answered well") == f"1 of {len(QUESTIONS)}"
    click(app, "Back")
    click(app, "Next")
    assert metric(app, "Answered well") == f"1 of {len(QUESTIONS)}"


def test_learn_more_shows_the_page_on_the_paper(app) -> None:
    go(app, PAGE)
    click(app, "Learn more")
    assert not app.exception
    text = words(app)
    assert "## Where it contradicts itself" in text
    assert "](RESULTS.md" not in text
    assert "](RESULTS.md" in (ROOT / "docs" / "PAPER.md").read_text()


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
    step(app, "duplicates")
    assert not app.exception
    assert "Images: simulated phantoms" in words(app) or "Images: the folder my images" in words(app)
    task = data_folder.audited(folder)
    found = task.future.result(timeout=600)
    text = words(app.run())
    assert data_folder.audited(folder) is task
    assert "Images: the folder my images" in text
    assert IMPLAUSIBLE not in [warning.proto.title for warning in app.warning]
    assert "4 images** have a near-duplicate with another label" in text
    problems = next(each.value for each in app.dataframe if "flags" in each.value)
    assert problems["file"].tolist() == ["benign/broken.png"]
    assert problems["reason"][problems.index[0]].startswith("benign/broken.png is ")
    assert "1 image was changed when read, such as benign/deep.png: Grey values from" in text
    assert len(found.audit.table) > 20
    assert str(folder.parent) not in text
    text = words(click(app, "Back"))
    assert "Images: the folder my images" in text
    assert "Patients are not known: other images of a test patient may be in training." in text


@pytest.mark.slow
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
    click(app, "Next")
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
    step(app, "try")
    data_folder.audited(tmp_path / name).future.exception(timeout=600)
    app.run()
    assert not app.exception
    assert "keeps near-duplicates together.\n" in words(app)
    assert f"The folder of DATA_DIR, {name}, holds no readable images" in words(app)
    assert "Images: simulated phantoms" in words(app)


def test_an_audit_keeps_the_state_of_the_folder_that_it_began_with(folder, tmp_path) -> None:
    data = shutil.copytree(folder, tmp_path / "data")
    before = data_folder.state(data)
    found = data_folder.audited(data).future.result(timeout=600)
    write_noise(data / "benign" / "new.png", 1)
    assert collection.of_folder(data, found).key == found.state == before
    # The folder is read again once the state that was read has aged.
    while data_folder.state(data) == before:
        pass
    assert data_folder.audited(data).future.result(timeout=600).state == data_folder.state(data) != before
