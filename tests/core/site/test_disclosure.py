import json

from paths import ROOT

from core.bundle.folder import open_bundle
from core.site.classify import SEEN, Origin, files
from core.site.disclosure import disclosure
from core.site.runtime import BINARY


def test_it_counts_the_names_that_the_page_holds(made, tmp_path):
    (tmp_path / BINARY).write_bytes(b"\0asm")
    bundle = open_bundle(made / "tiny")
    names = json.loads(files(bundle, Origin("tiny", ""), {BINARY: tmp_path / BINARY})[SEEN])
    told = disclosure(bundle)
    first = next(iter(names.values()))
    held = f"The page holds {len(names)} file names of training and validation images, such as {first!r}, and"
    assert told.startswith(f"{held} test images; ")
    assert "push --hide-file-names" in told


def test_a_page_without_test_images_says_so():
    assert ", and no images; " in disclosure(open_bundle(ROOT / "models" / "busi-busbra"))
