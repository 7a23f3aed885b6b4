"""The probe survives what a module does when it is imported, and nothing that it started stays."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkgaudit.trying import probe
from pkgaudit.trying.answers import LONGEST, is_answer
from pkgaudit.trying.sandbox import DeadError, Sandbox, StoppedError
from tests.trying.conftest import PROBE, QUICK, Module

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the signals and /proc of Linux")


def alive(word: str) -> list[int]:
    """Return the processes whose command line has a word."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if word.encode() in Path(f"/proc/{name}/cmdline").read_bytes():
                    found.append(int(name))
            except OSError:  # it ended in between
                continue
    return found


LISTED = {"site": "/s", "paths": ["a.py"], "entry_points": [["group", "name", "value"]], "suffixes": [".py"]}
"""The value that the request for a list returns."""


class TestEnds:
    def test_a_module_that_can_be_imported(self, module: Module) -> None:
        answer = module.imported("print('hello')\n")
        assert answer["outcome"] == {"value": None}
        assert answer["stdout"] == "hello\n"

    @pytest.mark.parametrize(
        ("status", "number"), [("0", 0), ("3", 3), ("None", 0), ("'words'", 1), ("-1", 255), ("10**4000", 0)]
    )
    def test_sys_exit(self, module: Module, status: str, number: int) -> None:
        answer = module.imported(f"import sys\nsys.exit({status})\n")
        assert answer["outcome"] == {"exit": number}

    def test_os_exit_is_no_success(self, module: Module) -> None:
        answer = module.imported("import os\nos._exit(0)\n")
        assert "outcome" not in answer
        assert answer["status"] == 0

    def test_a_signal(self, module: Module) -> None:
        answer = module.imported("import os\nos.kill(os.getpid(), 11)\n")
        assert answer["signal"] == signal.SIGSEGV

    def test_an_exception_whose_methods_raise(self, module: Module) -> None:
        source = (
            "class Bad(BaseException):\n    def __str__(self): raise Bad\n    __repr__ = __str__\nraise Bad\n"
        )
        failure = module.imported(source)["outcome"]["failure"]
        assert failure["kind"] == "Bad"
        assert not failure["is_builtin"]

    def test_the_last_place_and_the_missing_module(self, module: Module) -> None:
        source = "try:\n    import nothing_of_that_name\n"
        source += "except ImportError as error:\n    raise ImportError('x') from error\n"
        failure = module.imported(source)["outcome"]["failure"]
        assert failure["missing"] == "nothing_of_that_name"
        assert failure["frames"][-1] == [str(module.folder / "module.py"), 4]
        assert failure["lines"][-1] == "ImportError: x"


class TestLimits:
    def test_a_loop(self, module: Module) -> None:
        began = time.monotonic()
        assert module.imported("while True: pass\n")["timed_out"]
        assert time.monotonic() - began < 5

    def test_a_loop_that_ignores_signals(self, module: Module) -> None:
        source = "import signal, time\nfor each in (2, 3, 13, 14, 15, 17, 24):\n"
        source += "    signal.signal(each, signal.SIG_IGN)\ntime.sleep(60)\n"
        assert module.imported(source)["timed_out"]

    def test_memory(self, module: Module) -> None:
        failure = module.imported("x = bytearray(1 << 30)\n")["outcome"]["failure"]
        assert failure["kind"] == "MemoryError"

    def test_output(self, module: Module) -> None:
        answer = module.imported(
            "import sys\nfor _ in range(200): sys.stdout.write('x' * 65536)\nprint('end')\n"
        )
        assert answer["outcome"] == {"value": None}
        assert len(answer["stdout"]) == probe.KEPT
        assert answer["stdout"].endswith("xend\n")

    def test_a_file(self, module: Module) -> None:
        answer = module.imported("open('big', 'wb').write(bytes(2 << 20))\n")
        assert answer["outcome"]["failure"]["kind"] == "OSError"

    def test_standard_input_is_empty(self, module: Module) -> None:
        assert module.imported("input()\n")["outcome"]["failure"]["kind"] == "EOFError"

    def test_the_room_on_the_disk(self, module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
        rooms = iter([10 << 30, *[5 << 30] * 9])
        monkeypatch.setattr("pkgaudit.trying.sandbox._room", lambda _: next(rooms))
        monkeypatch.setattr("pkgaudit.trying.sandbox._LOOK", 0.01)
        with pytest.raises(StoppedError, match="filled the disk"):
            module.imported("import time\ntime.sleep(60)\n")

    def test_the_time_of_the_distribution(self, module: Module) -> None:
        with module.probe() as asked, pytest.raises(StoppedError):
            asked.ask({"do": "import", "module": "os"}, time.monotonic() - 1)


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 256)
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", "{word}"])
time.sleep(0.1)
"""


class TestNothingStays:
    @pytest.fixture(params=["namespaces", "processes"])
    def sandboxed(self, request: Any, module: Module, monkeypatch: pytest.MonkeyPatch) -> Module:
        """Return modules with and without namespaces, which not every system allows."""
        if request.param == "namespaces" and not module.sandbox.isolates:
            pytest.skip("the system allows no namespaces")
        monkeypatch.setattr(module.sandbox, "isolates", request.param == "namespaces")
        return module

    def test_a_daemon_in_another_session(self, sandboxed: Module, wait: Callable[[Any], bool]) -> None:
        word = f"daemon-{os.getpid()}-{sandboxed.sandbox.isolates}"
        answer = sandboxed.imported(DAEMON.format(word=word))
        assert answer["outcome"] == {"value": None}
        assert wait(lambda: not alive(word))

    def test_a_fork_that_comes_back(self, sandboxed: Module) -> None:
        answer = sandboxed.imported("import os\nos.fork()\n")
        assert answer["outcome"] == {"value": None}

    def test_a_fork_that_writes_for_ever(self, sandboxed: Module) -> None:
        answer = sandboxed.imported("import os\nif os.fork() == 0:\n    while True: print('x' * 4096)\n")
        assert answer["outcome"] == {"value": None}

    def test_the_next_module_is_tried_as_well(self, sandboxed: Module) -> None:
        (sandboxed.folder / "first.py").write_text("import os\nos._exit(1)\n")
        with sandboxed.probe() as asked:
            end = time.monotonic() + 10
            assert "outcome" not in asked.ask({"do": "import", "module": "first"}, end)
            assert asked.ask({"do": "import", "module": "os"}, end)["outcome"] == {"value": None}

    def test_after_an_interrupt(self, tmp_path: Path, wait: Callable[[Any], bool]) -> None:
        word = f"interrupted-{os.getpid()}"
        with Sandbox() as sandbox:
            command = [sys.executable, "-c", "import time; time.sleep(60)", word]
            with sandbox.probe(command, tmp_path, {}, QUICK):
                assert wait(lambda: bool(alive(word)))
                sandbox.stop()
                assert wait(lambda: not alive(word))
            with pytest.raises(StoppedError):
                sandbox.run(["true"], seconds=1)

    def test_after_this_process_is_killed(self, tmp_path: Path, wait: Callable[[Any], bool]) -> None:
        number = os.getpid()
        word = f"killed-{number}"
        source = (
            "import sys\nfrom pkgaudit.trying.sandbox import Sandbox\nwith Sandbox() as sandbox:\n"
            "    print(int(sandbox.isolates), flush=True)\n"
            f"    command = [sys.executable, '-c', 'import time; time.sleep(60)', 'killed-' + '{number}']\n"
            "    sandbox.run(sandbox.contained(command), seconds=60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            isolates = process.stdout.readline().strip() == "1"
            started = wait(lambda: bool(alive(word)))
            process.kill()
        assert started
        ended = wait(lambda: not alive(word))
        for each in alive(word):
            os.kill(each, signal.SIGKILL)
        assert ended or not isolates  # without namespaces, nobody is left to end it


class TestIsolation:
    @pytest.fixture(autouse=True)
    def _needs_namespaces(self, module: Module) -> None:
        if not module.sandbox.isolates:
            pytest.skip("the system allows no namespaces")

    def test_no_network(self, module: Module) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            answer = module.imported(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)\n")
        assert answer["outcome"]["failure"]["kind"] == "ConnectionRefusedError"

    def test_it_writes_only_to_its_folder(
        self, module: Module, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        outside = tmp_path_factory.mktemp("outside") / "file"
        inside = module.folder / "file"
        answer = module.imported(f"open({str(inside)!r}, 'w').close()\nopen({str(outside)!r}, 'w').close()\n")
        assert answer["outcome"]["failure"]["kind"] in ("OSError", "FileNotFoundError")
        assert inside.exists()
        assert not outside.exists()

    def test_the_temporary_folder_of_all_is_another_one(self, module: Module) -> None:
        name = f"/tmp/pkgaudit-test-{os.getpid()}"
        assert module.imported(f"open({name!r}, 'w').close()\n")["outcome"] == {"value": None}
        assert not os.path.exists(name)

    def test_it_sees_no_other_process_and_cannot_end_the_probe(self, module: Module) -> None:
        source = "import os\nassert os.getppid() == 1\nos.kill(1, 9)\n"
        source += "assert sum(each.isdigit() for each in os.listdir('/proc')) < 5\n"
        assert module.imported(source)["outcome"] == {"value": None}

    def test_it_has_no_capabilities(self, module: Module) -> None:
        source = (
            "text = open('/proc/self/status').read()\nassert 'CapEff:\\t0000000000000000' in text, text\n"
        )
        assert module.imported(source)["outcome"] == {"value": None}


class TestAnswers:
    def test_a_forged_answer(self, module: Module) -> None:
        source = "import os\nos.write(255, b'{\"value\": null}')\n"
        source += "os.write(1, b'{\"outcome\": 1}\\n')\nos._exit(0)\n"
        assert "outcome" not in module.imported(source)

    def test_code_that_writes_when_the_interpreter_starts(self, module: Module) -> None:
        source = "import os\nos.write(1, b'hello\\n{}\\nno line end')\n"
        (module.folder / "sitecustomize.py").write_text(source)
        assert module.imported("")["outcome"] == {"value": None}

    @pytest.mark.parametrize("answer", ["[]", "5", "{}", "no JSON", "[" * 100_000])
    def test_code_that_answers_for_the_probe(self, answer: str, module: Module) -> None:
        source = f"import json\njson.dumps = lambda _: {answer!r}\n"
        (module.folder / "sitecustomize.py").write_text(source)
        with pytest.raises(DeadError):
            module.imported("")

    def test_code_that_answers_without_end(self, module: Module) -> None:
        source = "import os\nif os.fork() == 0:\n    while True:\n        os.write(1, b'{}\\n')\n"
        (module.folder / "sitecustomize.py").write_text(source)
        assert module.imported("")["outcome"] == {"value": None}

    @pytest.mark.parametrize(
        ("outcome", "fits"),
        [
            (
                {"value": {"site": "/s", "paths": ["a"], "entry_points": [["g", "n", "v"]], "suffixes": []}},
                True,
            ),
            ({"value": {"site": "/s", "paths": ["a"], "entry_points": [["g", "n"]], "suffixes": []}}, False),
            ({"value": {"site": "/s", "paths": "a", "entry_points": [], "suffixes": []}}, False),
            (
                {"value": {"site": "/" * (LONGEST + 1), "paths": [], "entry_points": [], "suffixes": []}},
                False,
            ),
            ({"value": None}, False),
            ({"failure": {}}, False),
            ({"exit": "0"}, False),
            ([], False),
        ],
    )
    def test_the_form_of_an_outcome(self, outcome: Any, fits: bool) -> None:
        answer = {
            "timed_out": False,
            "signal": 0,
            "status": 0,
            "stdout": "",
            "stderr": "",
            "outcome": outcome,
        }
        assert is_answer(answer, "list") is fits

    def test_a_probe_that_is_ended(self, module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module.sandbox, "isolates", False)
        with pytest.raises(DeadError):
            module.imported("import os\nos.kill(os.getppid(), 9)\n")

    def test_a_folder_that_becomes_a_link(
        self, module: Module, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Neither the target nor the permissions of its files change."""
        file = tmp_path_factory.mktemp("other") / "file"
        file.touch(0o640)
        mode = file.stat().st_mode
        source = "import os\nhere = os.getcwd()\nos.rmdir(here)\n"
        module.imported(f"{source}os.symlink({str(file.parent)!r}, here)\n")
        assert file.stat().st_mode == mode

    def test_code_that_takes_the_names_of_folders(self, module: Module) -> None:
        source = "import os\nfor each in range(9):\n    os.makedirs(f'../work/{each}', exist_ok=True)\n"
        (module.folder / "module.py").write_text(source)
        with module.probe() as probe:
            for _ in range(2):
                answer = probe.ask({"do": "import", "module": "module"}, time.monotonic() + 20)
                assert answer["outcome"] == {"value": None}

    def test_a_module_that_forgets_an_import_fails(self, module: Module) -> None:
        failure = module.imported("import concurrent\nconcurrent.futures\n")["outcome"]["failure"]
        assert failure["kind"] == "AttributeError"

    def test_in_a_new_interpreter(self, tmp_path: Path) -> None:
        (tmp_path / "module.py").write_text("import sys\nprint('said')\nsys.exit(4)\n")
        source = Path(PROBE).read_text().replace('FORKS = sys.platform.startswith("linux")', "FORKS = False")
        (tmp_path / "probe.py").write_text(source)
        request: dict[str, Any] = {"do": "import", "module": "module", "cwd": str(tmp_path), "word": "w" * 32}
        request["limits"] = {"seconds": 5, "memory": None, "file_size": 1 << 20, "processes": None}
        done = subprocess.run(
            [sys.executable, "-s", str(tmp_path / "probe.py")],
            input=json.dumps(request).encode() + b"\n",
            capture_output=True,
            env={"PYTHONPATH": str(tmp_path)},
            check=True,
        )
        answer = json.loads(done.stdout.strip().removeprefix(b"w" * 32))
        assert answer["outcome"] == {"exit": 4}
        assert answer["stdout"] == "said\n"


@pytest.mark.parametrize("name", ["probe.py"])
def test_it_has_the_syntax_of_python_3_6(name: str) -> None:
    source = Path(PROBE).with_name(name).read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= sys.stdlib_module_names
