"""What would fail on Windows, where no test runs: modules of Unix alone, encodings and line ends."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from paths import ROOT

MODULES = sorted(
    [ROOT / "streamlit_app.py", ROOT / "train_cli.py"]
    + [path for folder in ("core", "pages") for path in (ROOT / folder).rglob("*.py")]
)
# Modules of the standard library that "Availability: Unix" stands at.
UNIX_MODULES = frozenset(
    ("curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
)
# Attributes that Windows lacks, of those that such a program could want.
UNIX_ATTRIBUTES = """
os.O_CLOEXEC os.O_DIRECTORY os.O_NOFOLLOW os.O_NONBLOCK os.WNOHANG os.chown os.fchmod os.fchown os.fork
os.forkpty os.getegid os.geteuid os.getgid os.getloadavg os.getpgid os.getuid os.killpg os.mkfifo os.mknod
os.nice os.openpty os.posix_fadvise os.posix_fallocate os.posix_spawn os.pread os.preadv os.pwrite os.pwritev
os.readv os.sched_getaffinity os.sendfile os.setgid os.setsid os.setuid os.statvfs os.sysconf os.uname
os.wait3 os.wait4 os.writev
mmap.MAP_PRIVATE mmap.MAP_SHARED
select.epoll select.kqueue select.poll
signal.SIGALRM signal.SIGCHLD signal.SIGCONT signal.SIGHUP signal.SIGKILL signal.SIGPIPE signal.SIGQUIT
signal.SIGSTOP signal.SIGTSTP signal.SIGUSR1 signal.SIGUSR2 signal.alarm signal.pause signal.pthread_kill
signal.setitimer
socket.AF_UNIX time.tzset
"""
# Faults that are none.
LEFT_OPEN = {
    "core/images/clip_process.py": "resource",  # imported where it is there, else there are no such limits
    "core/hub/dataset.py": "a text is written without newline=",  # JSON in one line
}


def found_in(code: str) -> list[str]:
    """Return what a module has that does not work on Windows, each with its line."""
    return [f"line {node.lineno}: {fault}" for node, fault in _faults(ast.parse(code), frozenset())]


def _faults(node: ast.AST, guarded: frozenset[str]) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    match node:
        case ast.If(test=ast.Name("TYPE_CHECKING")):
            return
        case ast.Import(names=names):
            roots = [alias.name.partition(".")[0] for alias in names]
            yield from ((node, name) for name in roots if name in UNIX_MODULES)
        case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in UNIX_MODULES:
            yield node, module
        case ast.Attribute(value=ast.Name()):
            if (name := ast.unparse(node)) in UNIX_ATTRIBUTES.split() and name not in guarded:
                yield node, name
        case ast.Call():
            if fault := _open_end(node):
                yield node, fault
        case ast.If(test=test):
            guarded |= {
                f"{module}.{name}"
                for call in ast.walk(test)
                if isinstance(call, ast.Call)
                and ast.unparse(call.func) == "hasattr"
                and isinstance(call.args[1], ast.Constant)
                for module, name in [(ast.unparse(call.args[0]), call.args[1].value)]
            }
    for child in ast.iter_child_nodes(node):
        yield from _faults(child, guarded)


def _open_end(call: ast.Call) -> str:
    """Return what a call leaves to the system: the encoding of a text, or the line ends of one it writes."""
    function = call.func
    given = {keyword.arg for keyword in call.keywords}
    match function:
        case ast.Attribute(value=ast.Name("os"), attr="fdopen"):  # a stream, whose line ends are the system's
            return (
                "" if given & {"encoding"} or "b" in (_mode(call, 1) or "r") else "a text without encoding="
            )
        case ast.Name("open"):
            mode = _mode(call, 1)
        case ast.Attribute(attr="open", value=value) if ast.unparse(value) not in ("Image", "os", "zipfile"):
            mode = _mode(call, 0)
            if mode is None:  # the open of an archive, or of a class of our own
                return ""
        case ast.Attribute(attr="read_text"):
            mode = "r"
        case ast.Attribute(attr="write_text", value=value) if ast.unparse(value) != "files":
            mode = "w"
        case _:
            return ""
    if "b" in (mode or "r"):
        return ""
    if "encoding" not in given:
        return "a text without encoding="
    return "" if mode in (None, "r") or "newline" in given else "a text is written without newline="


def _mode(call: ast.Call, position: int) -> str | None:
    words = [
        argument for argument in call.args[position : position + 1] if isinstance(argument, ast.Constant)
    ]
    words += [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    mode = words[0].value if words else None
    return mode if isinstance(mode, str) and set(mode) <= set("rwxab+t") else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_needs_nothing_that_windows_lacks(path: Path) -> None:
    left = LEFT_OPEN.get(path.relative_to(ROOT).as_posix())
    assert [fault.partition(": ")[2] for fault in found_in(path.read_text(encoding="utf-8"))] in ([], [left])


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ("import resource", ["line 1: resource"]),
        ("def f():\n    from pwd import getpwuid", ["line 2: pwd"]),
        ("if TYPE_CHECKING:\n    import fcntl", []),
        ("os.killpg(1, signal.SIGKILL)", ["line 1: os.killpg", "line 1: signal.SIGKILL"]),
        ("if hasattr(os, 'statvfs'):\n    os.statvfs('.')\nos.statvfs('.')", ["line 3: os.statvfs"]),
        ("p.read_text()\np.read_bytes()", ["line 1: a text without encoding="]),
        ("p.write_text(t, encoding='utf-8')", ["line 1: a text is written without newline="]),
        ("p.write_text(t, encoding='utf-8', newline='\\n')\nfiles.write_text(p, t)\nwrite_text(p, t)", []),
        ("open(p)\nopen(p, 'rb')\np.open('w', encoding='utf-8')", ["line 1: ", "line 3: "]),
        ("p.open(encoding='utf-8')\narchive.open(entry)\nImage.open(p)", []),
    ],
)
def test_each_kind_of_fault_is_found(code: str, faults: list[str]) -> None:
    found = found_in(code)
    assert len(found) == len(faults)
    assert all(text.startswith(fault) for text, fault in zip(found, faults, strict=True))
