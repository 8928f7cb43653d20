"""Tasks that are run here, one after the other."""

import multiprocessing
import pickle
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock
from reading import silent

from core.errors import UserError
from core.experiments.tasks import Task, run_here


def write(text: str, _: object, folder: Path, __: object, say) -> str:
    folder.mkdir()
    (folder / "text").write_text(text)
    say("Written.")
    return text


def fail(*_: object) -> str:
    raise UserError("it cannot be done")


def tasks(work: Path, *texts: str) -> list[Task[str]]:
    return [Task(f"Task {text}", work / text, partial(write, text)) for text in texts]


def hold(path: Path, held, given_up) -> None:
    with FileLock(path):
        held.set()
        given_up.wait()


def test_each_task_runs_when_its_result_is_asked_for(tmp_path: Path) -> None:
    said: list[str] = []
    work = tmp_path / "out.partial"
    results = run_here(None, tasks(work, "a", "b"), silent, said.append)
    assert next(results) == "a"
    assert [path.name for path in work.iterdir()] == ["a"]
    assert next(results) == "b"
    assert said == ["Task a.", "Written.", "Task b.", "Written."]
    assert pickle.loads(pickle.dumps(tasks(work, "a")[0])).title == "Task a"  # noqa: S301


def test_a_task_that_leaves_nothing_leaves_nothing_to_resume(tmp_path: Path) -> None:
    work = tmp_path / "out.partial"
    with pytest.raises(UserError, match="it cannot be done"):
        next(run_here(None, [Task("Task", work / "a", fail)], silent, silent))
    assert not work.exists()


def test_a_task_waits_for_a_process_that_still_works_in_its_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, given_up = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(tmp_path / "a.lock", held, given_up))
    holder.start()
    held.wait()
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("Waiting"):
            assert not (tmp_path / "a").exists()
            given_up.set()

    assert list(run_here(None, tasks(tmp_path, "a"), silent, say)) == ["a"]
    holder.join()
    assert said == ["Task a.", f"Waiting for another process that works in {tmp_path / 'a'}.", "Written."]
