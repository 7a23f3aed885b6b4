#!/usr/bin/env bash
# setuptools 84.2.1 takes the folder LICENSES for a package, and refuses to build.
#
# Expected: a project with one package builds. The REUSE specification asks for a folder LICENSES at the root, and
#           setuptools knows that folders such as docs, tests and tools are no packages.
# Behavior: the build stops with "Multiple top-level packages discovered in a flat-layout", although the folder contains
#           no Python file.
# Source: https://reuse.software/spec-3.3/
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check setuptools==84.2.1

mkdir -p "$work/project/tool" "$work/project/docs" "$work/project/dist"
cd "$work/project"
touch tool/__init__.py docs/index.md
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' >pyproject.toml
"$work/venv/bin/python" -c 'from setuptools.build_meta import build_wheel; build_wheel("dist")' >/dev/null 2>&1
mkdir LICENSES
touch LICENSES/MIT.txt
error=$("$work/venv/bin/python" -c 'from setuptools.build_meta import build_wheel; build_wheel("dist")' 2>&1 |
    grep -o 'Multiple top-level packages.*') || true
echo "$error"
[[ "$error" == *LICENSES* ]]
