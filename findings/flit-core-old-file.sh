#!/usr/bin/env bash
# flit-core 4.2.0 makes an sdist, but no wheel, if a file of the package is dated before 1980.
#
# Expected: a wheel with the first date that a zip can store, as hatchling, pdm-backend, poetry-core, setuptools and
#           uv_build make. Package managers such as Nix date all files 1970.
# Behavior: the build of the wheel stops with "ZIP does not support timestamps before 1980".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check flit-core==4.2.0 hatchling==1.33.0

mkdir -p "$work/project/tool"
cd "$work/project"
echo '"""A tool."""' >tool/__init__.py
touch -d 1970-01-02 tool/__init__.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'description = "A tool."' >pyproject.toml
mkdir dist
"$work/venv/bin/python" -c 'from hatchling.build import build_wheel; build_wheel("dist")'
"$work/venv/bin/python" -c 'from flit_core.buildapi import build_sdist; build_sdist("dist")'
error=$("$work/venv/bin/python" -c 'from flit_core.buildapi import build_wheel; build_wheel("dist")' 2>&1 | tail -1) ||
    true
echo "$error"
[ "$error" = 'ValueError: ZIP does not support timestamps before 1980' ]
