#!/usr/bin/env bash
# hatchling 1.33.0 writes the normalized version into the filename and another spelling into the metadata.
#
# Expected: the wheel tool-1.0.0b2 has `Version: 1.0.0b2`, as with flit-core, pdm-backend, setuptools and uv_build.
# Behavior: METADATA has `Version: v1.0.0-Beta.2` as in pyproject.toml, and importlib.metadata.version() returns that
#           spelling, so a program that compares texts does not find the version of the filename.
# Source: https://packaging.python.org/en/latest/specifications/version-specifiers/#normalization
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check hatchling==1.33.0

mkdir -p "$work/project/tool"
cd "$work/project"
touch tool/__init__.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "v1.0.0-Beta.2"' >pyproject.toml
"$work/venv/bin/python" -W error -c 'from hatchling.build import build_wheel; build_wheel("dist")'
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps dist/*.whl
file=$(cd dist && echo *.whl)
version=$("$work/venv/bin/python" -c 'from importlib.metadata import version; print(version("tool"))')
printf '%s\n' "$file" "$version"
[[ "$file" == tool-1.0.0b2-*.whl ]]
[ "$version" = 'v1.0.0-Beta.2' ]
