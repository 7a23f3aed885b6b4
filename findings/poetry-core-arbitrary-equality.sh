#!/usr/bin/env bash
# poetry-core 2.5.0 refuses to build a project that requires a version with `===`.
#
# Expected: `===` is one of the operators of version specifiers, and packaging, pip and other backends take it.
# Behavior: the build stops with the message: invalid version constraint "===1.0".
# Source: https://packaging.python.org/en/latest/specifications/version-specifiers/#arbitrary-equality
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check poetry-core==2.5.0 packaging==26.4

mkdir -p "$work/project/tool"
cd "$work/project"
touch tool/__init__.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'dependencies = ["packaging===1.0"]' >pyproject.toml
"$work/venv/bin/python" -c 'from packaging.requirements import Requirement; Requirement("packaging===1.0")'
error=$("$work/venv/bin/python" -c 'from poetry.core.masonry.api import build_wheel; build_wheel("dist")' 2>&1 |
    tail -1) || true
echo "$error"
[[ "$error" == *'invalid version constraint "===1.0"' ]]
