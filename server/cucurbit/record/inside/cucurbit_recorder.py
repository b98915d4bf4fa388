"""Records the events of this Python process.

The files in this folder run in the interpreter of the recorded program: Python 3.8 or newer, with any packages. They
import nothing of Cucurbit, and of the standard library only what every Python has already loaded at its start: a module
that is loaded here would hide a module of the program with the same name.

Each event is a line of JSON in the file that ``CUCURBIT_RECORD`` names, in the form of the documented timeline schema,
with the id of the process as ``process``. Other lines describe the process: ``began``, ``library``, ``serving``,
``ended``, ``trouble``.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import FrozenImporter
from _frozen_importlib_external import SourceFileLoader
from _thread import _local, get_ident

import cucurbit_hooks  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import types
    from typing import Any, Callable, Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
LOG, ROOT = "CUCURBIT_RECORD", "CUCURBIT_RECORD_ROOT"
# The program may replace these functions.
_open, _write, _close, _getpid, _exit = os.open, os.write, os.close, os.getpid, os._exit
_WRITE = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Recorder:
    """Writes the events of one process. Paths are relative to ``root``, with ``/``; lines are 1-based."""

    def __init__(self, root: str, log: str) -> None:
        self.root = os.path.realpath(root)
        self.log = log
        self.process = _getpid()
        self.handed_over = _local()
        self.main_thread = get_ident()
        self.migrating = False
        self.modules: set[str] = set()
        self.ours: dict[str, str | None] = {}
        self.headers: dict[str, tuple[tuple[int, int, int], ...]] = {}
        inside = (HERE, os.path.dirname(os.__file__), os.path.dirname(os.path.abspath(sys.executable or "python")))
        self.foreign = tuple(os.path.realpath(folder) + os.sep for folder in inside)

    # ----------------------------------------------------------------- writing

    def write(self, event: str, **fields: object) -> None:
        self.line(event=event, **fields)

    def line(self, **fields: object) -> None:
        """Append a line. The file is opened each time, as the program may close any file descriptor."""
        pairs = [f'"{name}": {encoded(value)}' for name, value in {"process": self.process, **fields}.items()]
        try:
            file = _open(self.log, _WRITE)
            try:
                _write(file, ("{" + ", ".join(pairs) + "}\n").encode("ascii"))
            finally:
                _close(file)
        except OSError:
            pass

    def began(self, forked: bool = False) -> None:
        self.process = _getpid()
        version = ".".join(str(part) for part in sys.version_info[:3])
        program = " ".join(sys.argv[:2] if sys.argv[:1] == ["-m"] else sys.argv[:1])
        self.line(began=program, python=version, parent=os.getppid(), forked=forked)

    def ended(self, how: str) -> None:
        self.line(ended=how)

    def serving(self, server: str, stops: bool) -> None:
        """A server has started. ``stops``: it was told to stop, so the process ends by itself."""
        self.line(serving=server, stops=stops)

    # ------------------------------------------------------------------ places

    def relative(self, path: str) -> str | None:
        """``path`` relative to the workspace; None if it is outside, in an installed package, or not a file."""
        try:
            return self.ours[path]
        except KeyError:
            pass
        absolute = os.path.abspath(path)
        found = None if path[:1] in ("", "<") else self._relative(os.path.realpath(absolute))
        self.ours[path] = found
        return found

    def _relative(self, real: str) -> str | None:
        root = self.root.rstrip(os.sep) + os.sep
        if not real.startswith(root) or real.startswith(self.foreign):
            return None
        parts = real[len(root) :].split(os.sep)
        return None if "site-packages" in parts or "dist-packages" in parts else "/".join(parts)

    def stack(self) -> Iterator[types.FrameType]:
        """Every frame from the caller outwards, including those of parent greenlets."""
        frame: types.FrameType | None = sys._getframe(1)
        greenlet = current_greenlet()
        while frame is not None:
            yield frame
            frame = frame.f_back
            while frame is None and greenlet is not None and greenlet.parent is not None:
                greenlet = greenlet.parent
                frame = greenlet.gr_frame

    def frames(self) -> Iterator[tuple[str, int]]:
        """The path and line of every frame of the workspace on the stack, the innermost first."""
        for frame in self.stack():
            path = self.relative(frame.f_code.co_filename)
            if path is not None:
                yield path, frame.f_lineno
        yield from getattr(self.handed_over, "frames", ())

    def caller(self) -> dict[str, object]:
        path, line = next(self.frames(), ("", 0))
        return {"path": path, "line": line}

    def handing_over(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` for another thread; it remembers the stack of the thread that handed it over."""
        frames = tuple(self.frames())

        def handed_over(*args: Any, **kwargs: Any) -> Any:
            self.handed_over.frames = frames
            return function(*args, **kwargs)

        return handed_over

    # ----------------------------------------------------------------- modules

    def run(self, module: str, path: str, body: Callable[[], object]) -> None:
        """Run a module's body between its events."""
        self.modules.add(module)
        self.write("module-started", module=module, path=path)
        try:
            body()
        except BaseException as error:
            self.write("module-failed", module=module, path=path, error=type(error).__name__)
            raise
        self.write("module-finished", module=module, path=path)

    def install(self) -> None:
        """Start recording, in this process and in its forks."""
        self.record_modules()
        self.record_ends()
        for name in cucurbit_hooks.HOOKS:
            module = sys.modules.get(name)
            if module is not None:
                self.hook(module)

    def hook(self, module: types.ModuleType) -> None:
        """Attach the recorder to a package that was just loaded."""
        attach = cucurbit_hooks.HOOKS.get(module.__name__)
        if attach is None:
            return
        try:
            attach(self, module)
        except Exception as error:
            self.line(trouble=f"{module.__name__} is not recorded: {type(error).__name__}: {error}")

    def record_modules(self) -> None:
        source: Any = SourceFileLoader
        original = source.exec_module

        def exec_module(loader: Any, module: types.ModuleType) -> None:
            path = self.relative(loader.path)
            if path is None:
                original(loader, module)
                self.hook(module)
            else:
                self.run(module.__name__, path, lambda: original(loader, module))

        source.exec_module = exec_module

        # In newer Pythons, runpy is a frozen module.
        frozen: Any = FrozenImporter
        execute = frozen.exec_module

        def exec_frozen(module: types.ModuleType) -> None:
            execute(module)
            self.hook(module)

        frozen.exec_module = staticmethod(exec_frozen)

    def record_ends(self) -> None:
        import atexit

        atexit.register(self.ended, "exit")
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: self.began(forked=True))
        for name in ("_exit", "execv", "execve"):
            self.record_end(name)

    def record_end(self, name: str) -> None:
        original = getattr(os, name)

        def ending(*args: Any, **kwargs: Any) -> Any:
            self.ended(name)
            return original(*args, **kwargs)

        setattr(os, name, ending)


def begin() -> None:
    """Record this process, which has just started, if the environment variables request it."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]
    log, root = os.environ.get(LOG), os.environ.get(ROOT)
    if log and root:
        recorder = Recorder(root, log)
        run_by_recorder(recorder)
        recorder.began()
        recorder.install()
        sys.modules["cucurbit_recorder"].recorder = recorder  # type: ignore[attr-defined]
    load_other_sitecustomize()


def run_by_recorder(recorder: Recorder) -> None:
    """Restart a script of the workspace under the runner: Python has no hook for the start and end of a script."""
    script = sys.argv[0] if sys.argv else ""
    if script in ("", "-", "-c", "-m") or not os.path.isfile(script) or recorder.relative(script) is None:
        return
    command = [sys.executable, *interpreter_options(), os.path.join(HERE, "cucurbit_runner.py"), "script", script]
    command += ["", "", "", *sys.argv[1:]]
    if os.name == "nt":
        import subprocess

        _exit(subprocess.call(command))
    os.execv(sys.executable, command)


def interpreter_options() -> list[str]:
    """The options with which this Python was started."""
    words = getattr(sys, "orig_argv", None)
    if words is not None:
        return list(words[1 : len(words) - len(sys.argv)])
    import subprocess

    return list(subprocess._args_from_interpreter_flags())  # type: ignore[attr-defined]


def load_other_sitecustomize() -> None:
    """Load the sitecustomize module that Python would have loaded without ours."""
    ours = sys.modules.pop("sitecustomize", None)
    try:
        __import__("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault("sitecustomize", ours)


def current_greenlet() -> Any:
    greenlet = sys.modules.get("greenlet")
    return None if greenlet is None else greenlet.getcurrent()


def encoded(value: object) -> str:
    """A string, a number or a Boolean as JSON, in ASCII."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    text = str(value)
    return '"' + "".join(c if " " <= c <= "~" and c not in '"\\' else escaped(ord(c)) for c in text) + '"'


def escaped(code: int) -> str:
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
