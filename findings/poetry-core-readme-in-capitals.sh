#!/usr/bin/env bash
# poetry-core 2.5.0 takes README.MD for plain text; pdm-backend 2.5.0 refuses to build with it.
#
# Expected: text/markdown. The specification requires that the suffixes `.md` and `.rst` are recognized in
#           capitals too.
# Behavior: poetry-core writes `Description-Content-Type: text/plain` without a warning, so PyPI shows the
#           source of the readme. pdm-backend stops with "Could not infer content type".
# Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/#readme
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check poetry-core==2.5.0 pdm-backend==2.5.0

mkdir -p "$work/project/tool"
cd "$work/project"
touch tool/__init__.py
echo '# Tool' >README.MD
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'readme = "README.MD"' >pyproject.toml
"$work/venv/bin/python" -W error -c 'from poetry.core.masonry.api import build_wheel; build_wheel("dist")'
"$work/venv/bin/python" -m zipfile -e dist/*.whl dist
type=$(grep '^Description-Content-Type' dist/*.dist-info/METADATA)
error=$("$work/venv/bin/python" -c 'from pdm.backend import build_wheel; build_wheel("dist")' 2>&1 | tail -1) || true
echo "poetry-core: $type"
echo "pdm-backend: $error"
[ "$type" = 'Description-Content-Type: text/plain' ]
[[ "$error" == *"Could not infer content type for readme file 'README.MD'" ]]
