"""Audits the same files with two revisions of pkgaudit, for ``tools.ecosystem``."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from tools.ecosystem.revisions import EcosystemError, Revision, environment, import_path, tail

T = TypeVar("T")

BATCH = 200
"""The number of files after which a process is replaced, because its caches grow."""

_LONGEST_ANSWER = 1 << 30
"""The longest answer in bytes: a line with a whole report, which has some MB for large distributions."""

_RUNNER = Path(__file__).with_name("runner.py")


@dataclass(frozen=True)
class Settings:
    """The settings of both revisions: further arguments, the time limit in seconds, the memory in bytes."""

    root: Path
    arguments: tuple[str, ...] = ()
    timeout: float = 300
    memory: int | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of an audit: a JSON report, or the reason for its absence; and processor time in seconds."""

    document: dict[str, Any] | None
    crash: str | None = None
    cpu: float = 0


class Auditor:
    """A process that audits files with one revision; it is started when needed, and restarted if it ended."""

    def __init__(self, revision: Revision, settings: Settings, folder: Path) -> None:
        """Prepare a process whose working directory is a new, empty folder."""
        self.rules: dict[str, str] = {}
        self._revision = revision
        self._settings = settings
        self._folder = folder
        self._errors = folder.with_suffix(".stderr")
        folder.mkdir(parents=True)
        self._process: asyncio.subprocess.Process | None = None
        self._audited = 0

    async def start(self) -> None:
        """Start the process, and check that it imports this revision.

        Raises:
            EcosystemError: the revision cannot be used.
        """
        self._audited = 0
        # Without `site`: the hooks of an editable pkgaudit there would find modules that the revision lacks.
        with self._errors.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-S",
                str(_RUNNER),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=self._folder,  # not a checkout, which the audit would report on
                env=environment(),
                limit=_LONGEST_ANSWER,
            )
        path = import_path(self._settings.root, self._revision)
        answer = await self._exchange({"path": path, "memory": self._settings.memory})
        if isinstance(answer, str):
            raise EcosystemError(f"{self._revision.name} cannot be run: {answer}")
        self.rules = rules_of(self._revision, answer)

    async def ask(self, path: Path) -> Outcome:
        """Audit one file.

        Raises:
            EcosystemError: the options are invalid, or the process cannot be restarted.
        """
        if self._audited >= BATCH:
            await self.stop()
        if self._process is None:
            await self.start()
        self._audited += 1
        arguments = [str(path), "--format", "json", "--no-config", "--jobs", "1", *self._settings.arguments]
        answer = await self._exchange(arguments)
        if isinstance(answer, str):
            return Outcome(None, answer)
        # Errors in options are the same for all files; click shows the usage only for these.
        if answer["exit"] == 2 and not answer["stdout"] and answer["stderr"].startswith("Usage:"):
            raise EcosystemError(
                f"{self._revision.name} does not accept the options:\n{tail(answer['stderr'])}"
            )
        return outcome(answer)

    async def stop(self) -> None:
        """End the process if it runs."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):  # it has already ended
                process.kill()
            await process.wait()

    async def _exchange(self, value: object) -> dict[str, Any] | str:
        """Send a line and return the answer; after a failure, end the process and return the reason."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(value).encode() + b"\n")
            await self._process.stdin.drain()
            line = await asyncio.wait_for(self._process.stdout.readline(), self._settings.timeout)
        except asyncio.TimeoutError:
            await self.stop()
            return f"the audit takes more than {self._settings.timeout:g} seconds"
        except ConnectionError:  # it ended before reading the line
            line = b""
        if line.endswith(b"\n"):
            answer: dict[str, Any] = json.loads(line)
            return answer
        status = await self._process.wait()
        await self.stop()
        said = tail(self._errors.read_text("utf-8", "replace"))
        return f"the process ended with status {status}\n{said}".strip()


def rules_of(revision: Revision, answer: dict[str, Any]) -> dict[str, str]:
    """Return the names of the rules by their codes, from the first answer of a process.

    Raises:
        EcosystemError: a module came from elsewhere, or the rules cannot be listed.
    """
    strangers = [
        f"{name} from {file or 'nowhere'}"
        for name, file in answer["files"].items()
        if not file or not Path(file).resolve().is_relative_to(revision.folder)
    ]
    if strangers or not {"pkgaudit", "pkgaudit.rules"} <= answer["files"].keys():
        shown = ", ".join(sorted(strangers)[:5]) or "no pkgaudit.rules"
        raise EcosystemError(f"the audit with {revision.name} would import other modules: {shown}")
    if answer["exit"] != 0:
        said = tail(answer["traceback"] or answer["stderr"])
        raise EcosystemError(f"{revision.name} cannot list its rules:\n{said}")
    return {each["code"]: each["name"] for each in json.loads(answer["stdout"])}


def outcome(answer: dict[str, Any]) -> Outcome:
    """Return the outcome of a run of the command; exit status 1 and 2 come with a report too."""
    try:
        document = json.loads(answer["stdout"]) if not answer["traceback"] else None
    except ValueError:
        document = None
    if isinstance(document, dict):
        return Outcome(document, None, answer["cpu"])
    said = tail(answer["traceback"] or answer["stderr"]) or "no output"
    return Outcome(None, f"exit status {answer['exit']}: {said}", answer["cpu"])


@dataclass(frozen=True)
class Pair:
    """The two revisions."""

    base: Revision
    head: Revision


def audit_both(
    files: Sequence[Path],
    pair: Pair,
    settings: Settings,
    compare: Callable[[Path, Outcome, Outcome], T],
    begin: Callable[[dict[str, str], dict[str, str]], None],
    jobs: int = 1,
) -> list[T]:
    """Audit files with both revisions, ``jobs`` at a time, and return the result of ``compare`` for each.

    ``begin`` is called with the rules of both revisions before the first audit. Both revisions audit a file
    at the same time, so the load of the machine, which affects processor times, is equal for both.

    Raises:
        EcosystemError: a revision cannot be used.
    """
    results: dict[int, T] = {}
    queue = iter(enumerate(files))

    async def work(folder: Path) -> None:
        base = Auditor(pair.base, settings, folder / "base")
        head = Auditor(pair.head, settings, folder / "head")
        try:
            await _both(base.start(), head.start())
            begin(base.rules, head.rules)
            for number, path in _watched(queue, len(files)):
                results[number] = compare(path, *await _both(base.ask(path), head.ask(path)))
        finally:
            await _both(base.stop(), head.stop())

    async def work_together(folder: Path) -> None:
        await asyncio.gather(*(work(folder / str(number)) for number in range(min(jobs, len(files)))))

    with tempfile.TemporaryDirectory(prefix="pkgaudit-ecosystem-", ignore_cleanup_errors=True) as folder:
        asyncio.run(work_together(Path(folder)))
    return [results[number] for number in sorted(results)]


async def _both(first: Awaitable[T], second: Awaitable[T]) -> tuple[T, T]:
    """Wait for both, even if one fails, so that the other does not continue in the background."""
    done = await asyncio.gather(first, second, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return cast("tuple[T, T]", tuple(done))


def _watched(queue: Iterator[tuple[int, Path]], total: int) -> Iterator[tuple[int, Path]]:
    """Yield the items of a queue, and show the progress on a terminal."""
    for number, path in queue:
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {total}", end="\n" if number + 1 == total else "", file=sys.stderr)
        yield number, path
