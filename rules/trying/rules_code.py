"""TR103 to TR109: importing modules, loading entry points, running commands and opening data files."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pkgaudit.api import Problem, Severity, quoted, rule
from pkgaudit.model.tries import Fate, Step, Tries
from pkgaudit.rules.trying.words import Judged, effect, problem, pythons, said, severity_of, trials_of

_LEAVE_OUT = "or leave the module out with a reason in [tool.pkgaudit.try]"


def _fix(trial: Judged) -> str:
    """Return what to do about an exception, by what it says."""
    other = _LEAVE_OUT
    if trial.fine:
        other = f"or exclude {pythons(trial.pythons)} (`project.requires-python` in pyproject.toml), {other}"
    if trial.extra is not None:
        return f"catch the exception and name the extra {quoted(trial.extra)}, {other}"
    if trial.missing is not None and trial.missing.partition(".")[0] in sys.stdlib_module_names:
        return f"import {trial.missing} within 'try', with a replacement for Pythons that lack it, {other}"
    if trial.missing is not None:
        return f"pack {trial.missing}, or declare the dependency that provides it, {other}"
    return f"correct the module, {other}"


@rule("TR103", "failed-import", Severity.ERROR, since="0.1.0")
def failed_import(tries: Tries) -> Iterator[Problem]:
    """Importing a module of the installed distribution raises an exception.

    Every public module is imported in a process of its own: no part of its name begins with an underscore,
    and it is no test. The finding is an error for an import package, such as `sample` of `sample.cli`. It is
    a warning for another module, for an exception that may mean that this machine lacks something (a library
    of the system, a file, a setting), and for one that another project defines, such as the configuration of
    a web framework. It is at info level if another module needs a project that the distribution does not
    require, because the module may be an optional integration. A module of the standard library that this
    Python was built without is reported as skipped.

    ## Why it matters
    Users get the same exception. In the source tree the import works, because its files and all development
    dependencies are there.

    ## How to fix it
    Pack the missing module, declare the missing dependency, or correct the module. If the module can only be
    imported inside another program, or with a license, a display or a server, leave it out with a reason:

    ```toml
    [tool.pkgaudit.try]
    leave-out = { "sample.gui.*" = "needs a display" }
    ```

    ## References
    - <https://docs.python.org/3/reference/import.html>
    """
    for each in trials_of(tries, Step.IMPORT, Fate.FAILED):
        message = said(each, f"importing {quoted(each.name)} fails")
        yield problem(each, message, _fix(each), severity_of(each, Severity.ERROR), module=each.name)


@rule("TR104", "ended-interpreter", Severity.ERROR, since="0.1.0")
def ended_interpreter(tries: Tries) -> Iterator[Problem]:
    """Importing a module ends the interpreter.

    The module calls `sys.exit` or `os._exit`, whatever the status, or crashes. The finding is an error for an
    import package, and a warning for another module, which may be a script.

    ## Why it matters
    A program that imports the module ends without an exception that it could catch. So do tools that import
    all modules, such as generators of documentation.

    ## How to fix it
    Put the code of a script behind `if __name__ == "__main__":`, or into a function that a command calls.

    ## References
    - <https://docs.python.org/3/library/__main__.html>
    """
    for each in trials_of(tries, Step.IMPORT, Fate.EXITED, Fate.KILLED):
        yield problem(
            each,
            said(each, f"importing {quoted(each.name)} {effect(each)}"),
            f"put the code behind 'if __name__ == \"__main__\":', {_LEAVE_OUT}",
            severity_of(each, Severity.ERROR),
            module=each.name,
            status=each.status,
        )


@rule("TR105", "endless-import", Severity.ERROR, since="0.1.0")
def endless_import(tries: Tries) -> Iterator[Problem]:
    """Importing a module does not end.

    The time is `module-seconds` of `[tool.pkgaudit.try]`, 30 seconds by default. Standard input is empty, and
    there is no network and no display. The finding is an error for an import package, and a warning for
    another module.

    ## Why it matters
    A module that waits for a server, starts a loop or computes for long when it is imported blocks every
    program that imports it.

    ## How to fix it
    Move the code into a function, or behind `if __name__ == "__main__":`. If the module needs the time, raise
    `module-seconds`.

    ## References
    - <https://docs.python.org/3/library/__main__.html>
    """
    for each in trials_of(tries, Step.IMPORT, Fate.TIMED_OUT):
        yield problem(
            each,
            said(each, f"importing {quoted(each.name)} {effect(each)}"),
            f"move the code into a function, {_LEAVE_OUT}",
            severity_of(each, Severity.ERROR),
            module=each.name,
            seconds=each.seconds,
        )


@rule("TR106", "failed-entry-point", Severity.ERROR, since="0.1.0")
def failed_entry_point(tries: Tries) -> Iterator[Problem]:
    """An entry point of the installed distribution cannot be loaded.

    The module is imported and the object looked up, as the program does that uses the entry point. The
    finding is an error for a command. It is a warning for a plug-in, and at info level if a module is
    missing, which the program may bring that the plug-in is for.

    ## Why it matters
    The command fails with a traceback, or the program does not find its plug-in.

    ## How to fix it
    Correct the module and the object in the settings of the entry point, or pack the module.

    ## References
    - <https://packaging.python.org/en/latest/specifications/entry-points/>
    """
    for each in trials_of(tries, Step.LOAD):
        fails = "cannot be loaded" if each.fate is Fate.FAILED else effect(each)
        severity = severity_of(each, Severity.ERROR)
        if each.missing is not None and not each.is_main and not each.foreseen:
            severity = Severity.INFO
        yield problem(
            each,
            said(each, f"the entry point {quoted(each.name)} {fails}"),
            "correct the entry point, or pack the module that it names",
            severity,
            name=each.name,
        )


@rule("TR107", "crashing-command", Severity.ERROR, since="0.1.0")
def crashing_command(tries: Tries) -> Iterator[Problem]:
    """A command of the installed distribution crashes with `--help` or `--version`.

    A crash is a traceback or a signal. A command that does not end within the time, such as one that starts a
    server whatever its options are, is a warning. So is a crash with `--version` only, and one because a
    module is missing that an extra may provide.

    ## Why it matters
    `--help` is the first thing that users call. A crash there mostly means that the command never works.

    ## How to fix it
    Run the command in a fresh environment, and correct what the traceback shows.

    ## References
    - <https://www.gnu.org/prep/standards/html_node/Command_002dLine-Interfaces.html>
    """
    for each in trials_of(tries, Step.RUN, Fate.FAILED, Fate.KILLED, Fate.TIMED_OUT):
        command = quoted(each.name)
        severity = None
        if each.fate is Fate.TIMED_OUT:
            fails, severity = f"{command} {effect(each)}", Severity.WARNING
        elif each.fate is Fate.KILLED:
            fails = f"signal {each.status} ends {command}"
        else:
            fails = f"{command} crashes"
            if each.extra is not None or each.name.endswith(" --version"):
                severity = Severity.WARNING
        yield problem(
            each, said(each, fails), "correct what the traceback shows", severity, command=each.name
        )


@rule("TR108", "rejected-option", Severity.INFO, since="0.1.0")
def rejected_option(tries: Tries) -> Iterator[Problem]:
    """A command of the installed distribution exits with an error for `--help` or `--version`.

    ## Why it matters
    Users expect both options, and scripts call them to find out whether a command works. This is advice.

    ## How to fix it
    Let the command accept both options: `argparse` and click add `--help`, and have an action for the
    version.

    ## References
    - <https://www.gnu.org/prep/standards/html_node/Command_002dLine-Interfaces.html>
    - <https://docs.python.org/3/library/argparse.html#action>
    """
    for each in trials_of(tries, Step.RUN, Fate.EXITED):
        yield problem(
            each,
            said(each, f"{quoted(each.name)} exits with status {each.status}"),
            "let the command accept the option",
            command=each.name,
            status=each.status,
        )


@rule("TR109", "unreadable-data", Severity.ERROR, since="0.1.0")
def unreadable_data(tries: Tries) -> Iterator[Problem]:
    """An installed data file cannot be opened.

    Every file below an import package is opened through `importlib.resources`. A file that is missing or must
    not be read is an error; another exception, such as of a package that replaces its module object, is a
    warning.

    ## Why it matters
    The package fails when it needs the file.

    ## How to fix it
    Pack the file with permissions that let everybody read it.

    ## References
    - <https://docs.python.org/3/library/importlib.resources.html>
    """
    for each in trials_of(tries, Step.OPEN):
        yield problem(
            each,
            said(each, f"{quoted(each.name)} cannot be opened"),
            "pack the file with permissions that let everybody read it",
            None if each.is_certain else Severity.WARNING,
            path=each.name,
        )
