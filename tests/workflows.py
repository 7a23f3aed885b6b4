"""Checks of the files under ``.github``. Each returns what is wrong, so that tests can make it fail."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
import yaml

from pkgaudit.cli import COMMANDS, main
from tests.programs import find_program

_PINNED = re.compile(r"([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_WRITTEN = re.compile(r'"([\w-]+)=[^"]*" >> "\$GITHUB_OUTPUT"')

Table = dict[str, Any]


@dataclass
class Workflow:
    """A workflow: its text, which has the comments, and what YAML makes of it."""

    text: str
    data: dict[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.data = yaml.safe_load(self.text)

    @property
    def triggers(self) -> set[str]:
        """The events that start it. YAML 1.1 reads the key ``on`` as a boolean."""
        events: Any = self.data.get("on", self.data.get(True))
        return {events} if isinstance(events, str) else set(events)

    @property
    def jobs(self) -> dict[str, Table]:
        """The jobs by their names."""
        jobs: dict[str, Table] = self.data["jobs"]
        return jobs

    def steps(self) -> Iterator[tuple[str, Table]]:
        """Yield each step with the place to name in a message."""
        for name, job in self.jobs.items():
            for number, step in enumerate(job["steps"]):
                yield f"{name}[{number}]", step

    def scripts(self) -> Iterator[tuple[str, str]]:
        """Yield each script with its place."""
        yield from ((place, step["run"]) for place, step in self.steps() if "run" in step)


def strings(value: Any) -> Iterator[str]:
    """Yield all strings within a value of YAML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def names_of(value: Any) -> list[str]:
    """Return the names in a key that may hold one or several."""
    return [value] if isinstance(value, str) else list(value or ())


# Actions.


def unpinned(workflow: Workflow) -> list[str]:
    """Return the uses of actions without a full hash and the version that it stands for."""
    used = re.findall(r"^\s*(?:- )?uses:\s*(.*?)\s*$", workflow.text, re.MULTILINE)
    return [each for each in used if not _PINNED.fullmatch(each)]


def pinned_twice(workflows: list[Workflow]) -> list[str]:
    """Return the actions that have several hashes or versions over all files."""
    seen: dict[str, set[tuple[str, str]]] = {}
    for workflow in workflows:
        for action, digest, version in _PINNED.findall(workflow.text):
            seen.setdefault(action, set()).add((digest, version))
    return [action for action, pins in seen.items() if len(pins) > 1]


# Jobs, and what they name.


def unknown_needs(workflow: Workflow) -> list[str]:
    """Return the needs that name no job, or a job that needs this one in turn."""
    needs = {name: names_of(job.get("needs")) for name, job in workflow.jobs.items()}
    wrong = [f"{name} needs {each}" for name, all_of in needs.items() for each in all_of if each not in needs]
    for name in needs:
        reached, waiting = set[str](), list(needs[name])
        while waiting:
            each = waiting.pop()
            if each not in reached:
                reached.add(each)
                waiting += needs.get(each, [])
        if name in reached:
            wrong.append(f"{name} waits for itself")
    return wrong


def matrix_keys(job: Table) -> set[str]:
    """Return the keys that a job's matrix gives a value in each of its runs."""
    matrix = job.get("strategy", {}).get("matrix", {})
    own = set(matrix) - {"include", "exclude"}
    added = [set(each) for each in matrix.get("include", [])]
    return own or (set.intersection(*added) if added else set())


def written_outputs(step: Table) -> set[str] | None:
    """Return the outputs that a step's script writes; None for an action, which declares its own."""
    return set(_WRITTEN.findall(step["run"])) if "run" in step else None


def unresolved(workflow: Workflow) -> list[str]:
    """Return the references to needs, steps and the matrix that lead to nothing."""
    wrong = []
    for name, job in workflow.jobs.items():
        outside = {key: value for key, value in job.items() if key != "steps"}
        # Outputs and the name of the environment are read when the steps are done.
        wrong += [f"{name}: {each}" for each in _wrong_in(outside, workflow, job, job["steps"])]
        for number, step in enumerate(job["steps"]):
            before = job["steps"][:number]
            wrong += [f"{name}[{number}]: {each}" for each in _wrong_in(step, workflow, job, before)]
    return wrong


def _wrong_in(value: Table, workflow: Workflow, job: Table, before: list[Table]) -> Iterator[str]:
    read = [code for text in strings(value) for code in _EXPRESSION.findall(text)]
    if isinstance(value.get("if"), str) and not _EXPRESSION.search(value["if"]):
        read.append(value["if"])
    for code in read:
        for match in re.finditer(r"\b(needs|steps|matrix)\.([\w*-]+)(?:\.outputs\.([\w-]+))?", code):
            if not _leads_somewhere(match[1], match[2], match[3], workflow, job, before):
                yield match[0]


def _leads_somewhere(
    context: str, name: str, output: str | None, workflow: Workflow, job: Table, before: list[Table]
) -> bool:
    if context == "matrix":
        return name in matrix_keys(job)
    if context == "needs":
        needed = names_of(job.get("needs"))
        if name == "*":
            return bool(needed)
        return name in needed and (output is None or output in workflow.jobs[name].get("outputs", {}))
    step = next((each for each in before if each.get("id") == name), None)
    if step is None:
        return False
    written = written_outputs(step)
    return output is None or written is None or output in written


def faults_of_the_required_job(workflow: Workflow, name: str) -> list[str]:
    """Return why a job could succeed although another one did not."""
    wrong = []
    required = workflow.jobs[name]
    missing = workflow.jobs.keys() - {name} - set(names_of(required.get("needs")))
    wrong += [f"does not need {each}" for each in sorted(missing)]
    if str(required.get("if")) not in {"always()", "${{ always() }}"}:
        wrong.append("is skipped, which counts as success, when a job fails")
    for each, job in workflow.jobs.items():
        for part in (job, *job["steps"]):
            if part.get("continue-on-error"):
                wrong.append(f"{each} succeeds when it fails")
    return wrong


# Rights.


def loose_rights(workflow: Workflow) -> list[str]:
    """Return what gives a job more rights, or more time, than it asked for."""
    wrong = []
    if workflow.data.get("permissions") != {}:
        wrong.append("the workflow gives rights to all jobs")
    if "concurrency" not in workflow.data:
        wrong.append("the workflow has no concurrency")
    for name, job in workflow.jobs.items():
        wrong += [f"{name} has no {key}" for key in ("permissions", "timeout-minutes") if key not in job]
    for place, step in workflow.steps():
        keeps = step.get("with", {}).get("persist-credentials")
        if step.get("uses", "").startswith("actions/checkout@") and keeps is not False:
            wrong.append(f"{place} keeps the token")
    return wrong


def secrets_near_pull_requests(workflow: Workflow) -> list[str]:
    """Return what code of a pull request could take or use: secrets, tokens, rights to write."""
    wrong = sorted(workflow.triggers & {"pull_request_target", "workflow_run", "issue_comment"})
    if not workflow.triggers & {"pull_request", *wrong}:
        return wrong
    shown = [code for text in strings(workflow.data) for code in _EXPRESSION.findall(text)]
    wrong += [code.strip() for code in shown if re.search(r"\bsecrets\b|\bgithub\.token\b", code)]
    for name, job in workflow.jobs.items():
        rights = job.get("permissions", {})
        given = rights.items() if isinstance(rights, dict) else [("all", rights)]
        wrong += [f"{name}: {right}: {level}" for right, level in given if level not in ("read", "none")]
        wrong += [f"{name}: {key}" for key in ("environment", "secrets") if key in job]
    return wrong


# Scripts.


def expressions_in_scripts(workflow: Workflow) -> list[str]:
    """Return the scripts into which an expression is pasted: none, since a shell would run what it holds."""
    return [place for place, script in workflow.scripts() if "${{" in script]


def broken_scripts(workflow: Workflow) -> list[str]:
    """Return the scripts that bash cannot parse."""
    bash = find_program("bash")
    wrong = []
    for place, script in workflow.scripts():
        done = subprocess.run([bash, "-n"], input=script, capture_output=True, text=True, check=False)
        if done.returncode:
            wrong.append(f"{place}: {done.stderr.strip()}")
    return wrong


def questionable_scripts(workflow: Workflow) -> list[str]:
    """Return what ShellCheck finds in the scripts, run as GitHub runs them."""
    command = [find_program("shellcheck"), "--shell=bash", "--format=gcc", "-"]
    wrong = []
    for place, script in workflow.scripts():
        text = f"set -eo pipefail\n{script}"
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        wrong += [f"{place}: {line}" for line in done.stdout.splitlines()]
    return wrong


# Versions of Python.


def supported(project: Table) -> list[str]:
    """Return the versions of Python that the classifiers of a project name."""
    prefix = "Programming Language :: Python :: 3."
    return [
        f"3.{each.removeprefix(prefix)}" for each in project["classifiers"] if each.startswith(f"{prefix}")
    ]


def wrong_versions(matrix: Table, project: Table) -> list[str]:
    """Return how a matrix differs from the Pythons that a project says it supports."""
    versions = supported(project)
    tried = [*matrix["python"], *(each["python"] for each in matrix.get("include", []))]
    wrong = []
    if matrix["python"] != versions:
        wrong.append(f"tests {matrix['python']} and not {versions}")
    wrong += [f"adds {each}" for each in tried if each not in versions]
    if project["requires-python"] != f">={versions[0]}":
        wrong.append(f"requires-python is {project['requires-python']}")
    return wrong


# Texts.


def unknown_commands(text: str) -> list[str]:
    """Return the command lines in code of Markdown, and modules run by Python, that there are not."""
    lines = re.findall(
        r"`(pkgaudit\b[^`]*)`|^\s*\$ (pkgaudit\b.*)$|/(pkgaudit\" [^)\n]*)", text, re.MULTILINE
    )
    return [line for each in lines for line in each if line and _is_unknown(line.replace('"', ""))]


def _is_unknown(line: str) -> bool:
    words = shlex.split(line)[1:]
    name = words[0] if words and words[0] in COMMANDS else "audit"
    if words and re.fullmatch(r"[a-z]+", words[0]) and name == "audit":
        return True
    assert isinstance(main, click.Group)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    known |= {"--help", "--version"}
    return any(word.partition("=")[0] not in known for word in words if word.startswith("-") and word != "-")


def faults_of_form(form: Table) -> list[str]:
    """Return what a form for issues lacks of what each one here has."""
    wrong = []
    fields = [each for each in form["body"] if each["type"] != "markdown"]
    names = [each.get("id") for each in fields]
    wrong += [f"{each['attributes']['label']!r} has no id" for each in fields if not each.get("id")]
    wrong += [f"{name!r} is there twice" for name in {*names} if name and names.count(name) > 1]
    boxes = [box for each in fields if each["type"] == "checkboxes" for box in each["attributes"]["options"]]
    if not any("no secret" in box["label"] and box.get("required") for box in boxes):
        wrong.append("nobody has to say that no secret is in it")
    return wrong
