#!/usr/bin/env bash
# poetry-core 2.5.0 turns a dependency with a marker that is never true into one without a marker.
#
# Expected: the wheel requires `packaging` under the marker of pyproject.toml, which no environment fulfills, or not
#           at all.
# Behavior: METADATA contains `Requires-Dist: packaging`, so every installer installs it everywhere. Markers
#           that are true somewhere keep their meaning. The build prints no warning.
# Source: https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check poetry-core==2.5.0

mkdir -p "$work/project/tool"
echo 'ANSWER = 42' >"$work/project/tool/__init__.py"
cat >"$work/project/pyproject.toml" <<'TOML'
[project]
name = "tool"
version = "1.0"
dependencies = [
    "packaging; sys_platform == 'linux' and sys_platform == 'win32'",
    "tomli; sys_platform == 'linux' or sys_platform == 'win32'",
]

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
TOML
cd "$work/project"
"$work/venv/bin/python" -W error -c 'from poetry.core.masonry.api import build_wheel; build_wheel("dist")'
"$work/venv/bin/python" -m zipfile -e dist/*.whl dist
requirements=$(grep '^Requires-Dist' dist/*.dist-info/METADATA)
echo "$requirements"
[ "$requirements" = 'Requires-Dist: packaging
Requires-Dist: tomli ; sys_platform == "linux" or sys_platform == "win32"' ]
