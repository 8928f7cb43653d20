import json

import pytest

from core.site.files import as_json, digest, own_files, read, size


def test_a_file_is_bytes_or_a_path(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"four")
    files = {"a.bin": path, "b/c.txt": b"three"}
    assert [read(content) for content in files.values()] == [b"four", b"three"]
    assert size(files) == 9


def test_the_digest_changes_with_every_name_and_byte(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"four")
    files = {"a": b"1", "b": b"2"}
    assert digest(files) == digest({"b": b"2", "a": b"1"})
    assert digest({"a": path}) == digest({"a": b"four"})
    others = [{"a": b"2", "b": b"2"}, {"a": b"1", "c": b"2"}, {"a": b"1"}, {"a": b"12", "b": b""}]
    assert len({digest(files), *map(digest, others)}) == 5


def test_own_files_are_chosen_by_their_endings():
    assert "page.css" in own_files(".css")
    assert all(name.endswith(".js") for name in own_files(".js"))
    assert len(own_files(".js")) >= 10


def test_json_that_no_browser_reads_is_refused():
    assert json.loads(as_json({"é": [1, None]})) == {"é": [1, None]}
    with pytest.raises(ValueError, match="JSON"):
        as_json(float("nan"))
