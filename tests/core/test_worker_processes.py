"""Tasks in real processes, some of which die. The work is in this module, as processes must find it."""

import itertools
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT
from processes import about, all_end, can_mount, wait_for, watch

from core.errors import UserError
from core.worker_processes import LostProcessError, WorkerProcess, in_order, usable_cores

# A program that has two processes at work, and prints their ids.
PROGRAM = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # of a program in the background it is ignored
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests/support")!r}]
if __name__ == "__main__":
    from tests.core.test_worker_processes import endless, tell
    from core.worker_processes import in_order
    list(in_order(range(2), endless, tell, processes=2))
"""


def collect(task, work):
    return list(work(task))


def tell(task, work):
    """Print the first message, and take all that follow."""
    messages = work(task)
    os.write(1, f"{next(messages)}\n".encode())
    for _ in messages:
        pass


def squares(task):
    yield task
    yield task**2


def who(_):
    yield os.getpid()


def endless(_):
    while True:
        yield os.getpid()


def the_first_waits_for_the_last(task):
    number, marker = task
    if number == 0:
        wait_for(Path(marker).exists)
    if number == 9:
        Path(marker).touch()
    yield number


def dies_once(task):
    number, marker = task
    yield number
    if number == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield -number


def dies(task):
    if task == 2:
        os._exit(7)
    yield task


def refuses(task):
    yield task
    if task == 2:
        raise UserError("image 2 is no image; remove it.")


def has_a_bug(task):
    yield 1 // task


@pytest.mark.parametrize("processes", [1, 2])
def test_results_and_their_messages_come_in_the_order_of_the_tasks(processes) -> None:
    found = list(in_order(range(100), squares, collect, processes=processes))
    assert found == [[number, number**2] for number in range(100)]
    assert list(in_order([], squares, collect, processes=processes)) == []


def test_a_task_that_takes_long_keeps_its_place(tmp_path) -> None:
    tasks = [(number, str(tmp_path / "ninth")) for number in range(20)]
    found = list(in_order(tasks, the_first_waits_for_the_last, collect, processes=2))
    assert found == [[number] for number in range(20)]


def cores_within(limit: str) -> int:
    """The usable cores in a container with a limit of microseconds of the processor, and in how many."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    program += "from core.worker_processes import usable_cores; print(usable_cores())"
    steps = [
        "mount -t tmpfs none /sys/fs/cgroup",
        f"echo {limit} > /sys/fs/cgroup/cpu.max",
        f'exec {sys.executable} -c "{program}"',
    ]
    command = ["unshare", "--mount", "sh", "-ec", "\n".join(steps)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_limit_of_a_container_counts() -> None:
    if not can_mount():
        pytest.skip("this user may not mount file systems")
    assert cores_within("100000 100000") == 1
    assert cores_within("max 100000") == len(os.sched_getaffinity(0))


def test_the_work_is_done_in_other_processes_or_with_one_in_this() -> None:
    assert usable_cores() >= 1
    assert list(in_order([0], who, collect, processes=1)) == [[os.getpid()]]
    others = set(itertools.chain(*in_order(range(20), who, collect, processes=2)))
    assert len(others) <= 2
    assert os.getpid() not in others


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = itertools.count()
    results = in_order(taken, squares, collect, processes=2)
    for number in range(50):
        assert next(results) == [number, number**2]
    results.close()
    assert next(taken) <= 50 + 2 * 16


def test_who_receives_may_give_the_task_of_a_lost_process_again(tmp_path) -> None:
    def receive(task, work):
        try:
            return list(work(task))
        except LostProcessError as error:
            return [str(error), *work(task)]

    tasks = [(number, str(tmp_path / "died")) for number in range(8)]
    found = list(in_order(tasks, dies_once, receive, processes=2))
    assert found[3] == ["signal SIGKILL", 3, -3]
    assert [one for one in found if one != found[3]] == [[n, -n] for n in range(8) if n != 3]


def test_a_process_that_is_killed_while_it_waits_costs_no_task() -> None:
    worker = WorkerProcess(who)
    try:
        (first,) = worker.messages(0)
        watched = watch([first])
        os.kill(first, signal.SIGKILL)
        all_end(watched)
        (second,) = worker.messages(0)
    finally:
        worker.stop()
    assert second != first


def test_a_lost_process_ends_everything_where_nobody_expects_it() -> None:
    results = in_order(range(5), dies, collect, processes=2)
    assert [next(results), next(results)] == [[0], [1]]
    with pytest.raises(LostProcessError, match="exit status 7"):
        next(results)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_sentence_for_the_user_comes_as_it_is(processes) -> None:
    results = in_order(range(5), refuses, collect, processes=processes)
    assert [next(results), next(results)] == [[0], [1]]
    with pytest.raises(UserError, match=r"^image 2 is no image; remove it\.$"):
        next(results)


def test_a_process_goes_on_after_an_error_that_is_caught() -> None:
    def receive(task, work):
        try:
            return list(work(task))
        except UserError as error:
            return str(error)

    found = list(in_order(range(4), refuses, receive, processes=2))
    assert found == [[0], [1], "image 2 is no image; remove it.", [3]]


def test_an_unexpected_error_comes_with_its_traceback() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*in has_a_bug.*1 // task.*ZeroDivisionError"):
        list(in_order([0], has_a_bug, collect, processes=2))


def test_nobody_works_on_for_results_that_are_not_taken() -> None:
    results = in_order(itertools.count(), who, collect, processes=2)
    watched = watch({process for _ in range(20) for process in next(results)})
    results.close()
    assert all_end(watched)


def program(folder: Path, env=None, **options) -> subprocess.Popen:
    """Start the program, which lies in a folder, from a folder in it."""
    (folder / "program.py").write_text(PROGRAM)
    (folder / "here").mkdir(exist_ok=True)
    command = [sys.executable, str(folder / "program.py")]
    env = os.environ | (env or {})
    return subprocess.Popen(
        command, cwd=folder / "here", env=env, stdout=subprocess.PIPE, text=True, **options
    )


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def test_the_processes_of_a_killed_program_end(tmp_path) -> None:
    with program(tmp_path) as running:
        watched = watch(int(running.stdout.readline()) for _ in range(2))
        running.kill()
        assert all_end(watched)


def test_a_long_name_of_the_temporary_folder_stops_nobody(tmp_path) -> None:
    long = tmp_path / ("x" * 120)  # the name of a socket has at most 107 characters
    long.mkdir()
    with program(tmp_path, env={"TMPDIR": str(long)}) as running:
        found = running.stdout.readline()
        running.kill()
    assert found.strip().isdigit()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs masks of signals")
def test_ctrl_c_while_the_processes_start_is_left_to_the_program(tmp_path) -> None:
    """The first process imports for seconds, and would end with a traceback of its own."""
    with program(tmp_path, stderr=subprocess.PIPE, start_new_session=True) as running:
        wait_for(lambda: any(b"forkserver" in about(child, "cmdline") for child in children_of(running.pid)))
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate()
    assert (running.returncode, errors.count("KeyboardInterrupt")) == (-signal.SIGINT, 1), errors


def test_a_system_that_starts_no_further_process_says_so() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    list(in_order([0], who, collect, processes=2))  # everything is imported
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(UserError, match="no further process can be started: Too many open files; end"):
            list(in_order([0], who, collect, processes=2))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_modules_in_the_folder_where_the_user_is_are_not_taken_for_ours(tmp_path) -> None:
    for name in ("core", "tests"):
        (tmp_path / "here" / name).mkdir(parents=True)
        (tmp_path / "here" / name / "__init__.py").touch()
    with program(tmp_path) as running:
        found = running.stdout.readline()
        running.kill()
    assert found.strip().isdigit()
