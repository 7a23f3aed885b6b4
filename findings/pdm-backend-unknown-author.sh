#!/usr/bin/env bash
# pdm-backend 2.5.0 calls an author without a name "Unknown".
#
# Expected: `Author-email: a@example.org`, as the specification of `authors` says for an entry with only an address.
# Behavior: METADATA has `Author-Email: Unknown <a@example.org>`, and PyPI shows the name "Unknown".
# Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/#authors-maintainers
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check pdm-backend==2.5.0

mkdir -p "$work/project/tool"
cd "$work/project"
touch tool/__init__.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'authors = [{email = "a@example.org"}]' >pyproject.toml
"$work/venv/bin/python" -W error -c 'from pdm.backend import build_wheel; build_wheel("dist")'
"$work/venv/bin/python" -m zipfile -e dist/*.whl dist
author=$(grep -i '^Author' dist/*.dist-info/METADATA)
echo "$author"
[ "$author" = 'Author-Email: Unknown <a@example.org>' ]
