#!/usr/bin/env bash
# uv_build 0.13.6 changes which dependencies a prerelease of Python gets.
#
# Expected: `python_version >= '3.14'` stays as it is. python_version is "3.14" for 3.14.0rc1 too, so the
#           dependency applies there.
# Behavior: METADATA has `python_full_version >= '3.14'`, which is not true for 3.14.0rc1, because a release candidate
#           comes before the release. flit-core, hatchling, pdm-backend, poetry-core and setuptools keep the marker.
# Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check uv_build==0.13.6 packaging==26.4

mkdir -p "$work/project/src/tool"
cd "$work/project"
touch src/tool/__init__.py
mkdir dist
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' "dependencies = [\"packaging; python_version >= '3.14'\"]" \
    '[build-system]' 'requires = ["uv_build"]' 'build-backend = "uv_build"' >pyproject.toml
PATH="$work/venv/bin:$PATH" "$work/venv/bin/python" -c 'from uv_build import build_wheel; build_wheel("dist")' \
    >/dev/null
"$work/venv/bin/python" -m zipfile -e dist/*.whl dist
requirement=$(sed -n 's/^Requires-Dist: //p' dist/*.dist-info/METADATA)
echo "$requirement"
applies() {
    "$work/venv/bin/python" -c '
import sys
from packaging.requirements import Requirement
candidate = {"python_version": "3.14", "python_full_version": "3.14.0rc1"}
print(Requirement(sys.argv[1]).marker.evaluate(candidate))' "$1"
}
before=$(applies "packaging; python_version >= '3.14'")
after=$(applies "$requirement")
echo "applies to 3.14.0rc1: $before in pyproject.toml, $after in METADATA"
[ "$requirement" = "packaging ; python_full_version >= '3.14'" ]
[ "$before" = True ]
[ "$after" = False ]
