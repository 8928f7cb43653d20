"""Bundles on their way to the Hub and back."""

from pathlib import Path

import pytest
from command_line import TRAINED, call, refuse, succeed

from core.bundle.folder import open_bundle
from core.bundle.manifest import WEIGHTS

pytestmark = pytest.mark.xdist_group("cli")


def test_train_publish_pull_and_train_further(
    trained: Path, phantoms: Path, tmp_path: Path, hub, monkeypatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.tokens["write"])
    pushed = succeed("push", trained, "ann/phantoms", "--tag", "v1")
    assert "MODEL=ann/phantoms@v1" in pushed.stdout
    again = succeed("push", trained, "ann/phantoms", "--tag", "v1")
    assert "already up to date" in again.stdout
    found = succeed("pull", "ann/phantoms@v1")
    assert "sizes and hashes verified." in found.stderr
    pulled = Path(found.stdout.strip())
    assert (pulled / "model.onnx").read_bytes() == (trained / "model.onnx").read_bytes()
    assert not (pulled / WEIGHTS).exists()
    succeed("evaluate", "ann/phantoms@v1")
    further = succeed(
        *["train", phantoms, "--output", tmp_path / "further", *TRAINED, "--epochs", 1],
        *["--weights", "ann/phantoms@v1", "--push-to", "ann/further", "--private", "--hide-file-names"],
    )
    assert "hash prefixes in place of file names" in further.stderr
    assert "its base and its head" in further.stderr
    leaking = ["train", phantoms, "--output", tmp_path / "leaking", *TRAINED]
    assert "was trained on" in refuse(*leaking, "--weights", "ann/phantoms@v1", "--seed", 1)
    assert open_bundle(tmp_path / "further").manifest.recipe.weights.startswith("ann/phantoms@")
    assert "MODEL=ann/further@" in further.stdout
    for finished in (pushed, again, further):
        assert hub.tokens["write"] not in finished.stdout + finished.stderr


def test_pull_says_whether_its_copy_may_be_out_of_date(hub, bundle: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", hub.tokens["write"])
    call("push", bundle, "ann/tiny")
    fresh = call("pull", "ann/tiny")
    assert "out of date" not in fresh.stderr
    hub.stop()
    cached = call("pull", "ann/tiny")
    assert cached.stderr.startswith("Using a cached copy that may be out of date: ")
    assert (cached.returncode, cached.stdout) == (0, fresh.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["push", "{tmp}", "user/repo"], "is not a model bundle"),
        (["push", "{tmp}/no", "user/repo"], "There is no folder no"),
        (["pull", "user/repo@../x"], "is not a model"),
    ],
    ids=lambda value: "-".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_one_line_on_stderr(arguments: list[object], message: str, tmp_path: Path) -> None:
    assert message in refuse(*(str(text).format(tmp=tmp_path) for text in arguments))
    assert not list(tmp_path.iterdir())
