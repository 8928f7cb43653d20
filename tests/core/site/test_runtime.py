import io
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from core.errors import UserError
from core.site import runtime

NOWHERE = "http://127.0.0.1:9/runtime.tgz"


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """The real archive of npm's registry."""
    path = tmp_path_factory.mktemp("npm") / "runtime.tgz"
    try:
        path.write_bytes(httpx2.get(runtime.ADDRESS, timeout=60).raise_for_status().content)
    except httpx2.HTTPError:
        pytest.skip("npm's registry cannot be reached")
    return path


@contextmanager
def served(chunks):
    """A server that answers every request with these chunks, and the list of what was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            try:
                for chunk in chunks():
                    self.wfile.write(chunk)
            except ConnectionError:
                asked.append("hung up")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that closing waits for what is still sent
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/runtime.tgz", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("empty_cache")
def test_it_is_fetched_once_and_is_what_the_archive_holds(archive):
    said = []
    with served(lambda: [archive.read_bytes()]) as (address, asked):
        files = runtime.runtime_files(address=address, say=said.append)
        again = runtime.runtime_files(address=address, say=said.append)
    assert asked == ["/runtime.tgz"]
    assert len(said) == 1
    assert "33 MB" in said[0]
    assert files == again
    assert set(files) == {runtime.SCRIPT, runtime.LOADER, runtime.BINARY, runtime.LICENCE}
    with tarfile.open(archive) as inside:
        for name, path in runtime._IN_ARCHIVE.items():
            assert files[name].read_bytes() == inside.extractfile(path).read()
    assert "Microsoft" in files[runtime.LICENCE].read_text()
    assert b"v1.30.0" in files[runtime.SCRIPT].read_bytes()[:100]


@pytest.mark.usefixtures("empty_cache")
def test_a_file_takes_the_place_of_the_network(archive):
    assert len(runtime.runtime_files(archive, address=NOWHERE)) == 4
    assert len(runtime.runtime_files(address=NOWHERE)) == 4  # from now on it is in the cache


@pytest.mark.usefixtures("empty_cache")
def test_another_archive_is_refused_and_leaves_nothing(archive, tmp_path):
    changed = tmp_path / "changed.tgz"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    with pytest.raises(UserError, match=r"changed\.tgz is not onnxruntime-web-1\.30\.0"):
        runtime.runtime_files(changed)
    with (
        served(lambda: [bytes(content)]) as (address, _),
        pytest.raises(UserError, match="sent is not onnxruntime-web"),
    ):
        runtime.runtime_files(address=address)
    assert not list((tmp_path / "cache").rglob("ort*"))


@pytest.mark.usefixtures("empty_cache")
def test_an_answer_that_never_ends_is_not_read_to_its_end():
    def endless():
        for _ in range(200):
            yield bytes(2**20)
        pytest.fail("all of 200 MB was read")

    with served(endless) as (address, asked), pytest.raises(UserError, match="is not onnxruntime-web"):
        runtime.runtime_files(address=address)
    assert asked == ["/runtime.tgz", "hung up"]


@pytest.mark.usefixtures("empty_cache")
def test_without_network_the_message_names_the_way_out():
    with pytest.raises(UserError, match=r"check the network, or fetch http://.* and give that file with --r"):
        runtime.runtime_files(address=NOWHERE)


@pytest.mark.usefixtures("empty_cache")
def test_a_damaged_cache_is_noticed_and_the_message_names_the_folder(archive):
    files = runtime.runtime_files(archive)
    files[runtime.BINARY].write_bytes(b"nothing")
    with pytest.raises(UserError, match=f"remove the folder {files[runtime.BINARY].parent}"):
        runtime.runtime_files(archive)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        runtime.runtime_files(tmp_path)
    other = io.BytesIO()
    with tarfile.open(fileobj=other, mode="w:gz"):
        pass
    (tmp_path / "empty.tgz").write_bytes(other.getvalue())
    with pytest.raises(UserError, match=r"empty\.tgz is not"):
        runtime.runtime_files(tmp_path / "empty.tgz")


def test_the_pinned_hash_is_that_of_the_registry(archive):
    about = httpx2.get(f"https://registry.npmjs.org/onnxruntime-web/{runtime.VERSION}", timeout=60).json()
    assert about["dist"]["integrity"] == runtime.INTEGRITY
    assert about["dist"]["tarball"] == runtime.ADDRESS
    assert about["license"] == "MIT"
    assert archive.stat().st_size == runtime._ARCHIVE_BYTES
