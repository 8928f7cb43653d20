from html.parser import HTMLParser

import pytest
from hostile_names import FOLDER

from core.site.shell import CLASSIFY, PAGES, POLICY, page


class Found(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def parsed(**options):
    return Found(page(CLASSIFY, "<p>body</p>", **{"model": "ann/busi", **options}).decode())


def test_it_has_the_policy_and_loads_nothing_but_own_files():
    found = parsed(modules=["a.js"])
    policies = [
        attributes["content"]
        for tag, attributes in found.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [POLICY]
    assert POLICY.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in POLICY.replace("wasm-unsafe-eval", "")
    assert "unsafe-inline" not in POLICY
    scripts = [attributes for tag, attributes in found.tags if tag == "script"]
    assert [one["src"] for one in scripts] == ["opened.js", "page.js", "a.js"]
    assert all("/" not in one["src"] for one in scripts)
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]


def test_the_navigation_names_every_page_and_marks_this_one():
    found = parsed()
    links = [attributes for tag, attributes in found.tags if tag == "a"]
    assert [one["href"] for one in links[1:]] == [one.file for one in PAGES]
    assert [one["href"] for one in links if "aria-current" in one] == [CLASSIFY.file]
    assert "Not a medical device" in found.text


@pytest.mark.parametrize("name", [FOLDER, "</p><script>alert(1)</script>", '" onload="x', "<!--"])
def test_a_name_is_text(name):
    plain, found = parsed(), parsed(model=name)
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in plain.tags]
    assert "<" not in name or "<" in found.text
