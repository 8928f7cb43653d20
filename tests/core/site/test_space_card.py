import pytest
from huggingface_hub import RepoCard

from core.site.classify import Origin
from core.site.space_card import files


@pytest.mark.parametrize("name", ["ann/tiny", "ann/tiny@v1"])
def test_the_hub_serves_the_folder_as_a_static_space_of_this_model(name):
    card = RepoCard(files(Origin(name, "0a" * 20))["README.md"].decode())
    assert (card.data.sdk, card.data.app_file, card.data.models) == ("static", "index.html", ["ann/tiny"])
    assert f"at commit `{'0a' * 20}`" in card.text
    assert "Not a medical device" in card.text


def test_a_local_name_is_text_whatever_it_holds():
    name = "x: y\n---\n# <img src=x> [l](https://evil.example)" + "z" * 200
    card = RepoCard(files(Origin(name, ""))["README.md"].decode())
    assert card.data.sdk == "static"
    assert card.data.get("models") is None
    assert len(card.data.title) <= 60
    assert "\\<img" in card.text
