import json
import re

from bundles import make_bundle

from core.bundle.folder import open_bundle
from core.site.classify import Origin
from core.site.content import SERVICE_WORKER, content
from core.site.files import OWN
from core.site.runtime import BINARY


def content_of(folder, tmp_path, name="model"):
    binary = tmp_path / BINARY
    binary.write_bytes(b"\0asm")
    return content(open_bundle(folder), Origin(name, ""), {BINARY: binary})


def head(found):
    version, files = re.match(
        r"const VERSION = (.*)\nconst FILES = (.*)\n", found[SERVICE_WORKER].decode()
    ).groups()
    return json.loads(version), json.loads(files)


def test_the_service_worker_keeps_every_file_under_a_hash_of_them(tmp_path):
    make_bundle(tmp_path / "bundle")
    found = content_of(tmp_path / "bundle", tmp_path)
    version, files = head(found)
    assert set(files) == set(found) - {SERVICE_WORKER, "README.md"}
    assert head(content_of(tmp_path / "bundle", tmp_path))[0] == version
    assert head(content_of(tmp_path / "bundle", tmp_path, "other"))[0] != version


def test_what_a_page_or_module_loads_is_there(tmp_path):
    make_bundle(tmp_path / "bundle")
    found = content_of(tmp_path / "bundle", tmp_path)
    for path in OWN.glob("*.js"):
        for name in re.findall(r'from "\./([\w./-]+)"', path.read_text()):
            assert name in found or name.startswith("ort/"), f"{path.name} imports {name}"
    for name, text in found.items():
        if name.endswith(".html"):
            for linked in re.findall(r'(?:src|href)="([\w./-]+)"', text.decode()):
                assert linked in found or linked.startswith("ort/"), f"{name} loads {linked}"
