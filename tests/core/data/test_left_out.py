"""What is not read is counted by what it is."""

from core.data.left_out import describe, name_of
from core.images.formats import identify


def test_files_are_named_by_what_they_are() -> None:
    heads = {
        b"Rar!\x1a\x07\x00": "RAR archive",
        b"\0\0\0\x18ftypisom": "MP4 video",
        b"%PDF-1.7": "PDF document",
        b"\x01\x02\x03\x04\xff\xfe\xfd": "file of an unknown format",
        b"file,class\n": "",
        b"<?xml version='1.0'?>": "",
        b"": "",
        b"\x89PNG\r\n\x1a\n": "",
    }
    assert {head: name_of(identify(head)) for head in heads} == heads


def test_one_sentence_counts_them() -> None:
    assert describe({}) == ""
    assert describe({"MP4 video": 2, "RAR archive": 1}) == "Not read: 2 MP4 videos, 1 RAR archive."
    assert describe({"MKV video": 1}) == (
        "Not read: 1 MKV video; of videos, MP4 and AVI are read: convert others with `ffmpeg -i IN OUT.mp4`."
    )
    assert describe({"file of an unknown format": 3}) == "Not read: 3 files of an unknown format."
    assert describe({"link to a folder": 2}) == "Not read: 2 links to a folder."
    many = {f"{letter} image": 1 for letter in "ABCDEF"}
    assert describe(many).endswith("1 D image, 2 other kinds of files.")
