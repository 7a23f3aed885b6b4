#!/usr/bin/env bash
# hatchling 1.33.0 reads only one .gitignore, and leaves out files that git tracks in spite of it.
#
# Expected: the files that git ignores are not packed, those that it tracks are.
# Behavior: a .gitignore in a folder of the package has no effect, so the file that it keeps out of git is packed. A
#           tracked file that matches the .gitignore at the root is left out. The build prints no warning.
# Source: https://git-scm.com/docs/gitignore
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check hatchling==1.33.0

mkdir -p "$work/project/tool"
cd "$work/project"
git init -q
touch tool/__init__.py tool/local.cfg tool/table.dat
printf '*.dat\n' >.gitignore
printf 'local.cfg\n' >tool/.gitignore
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' >pyproject.toml
git add .
git add --force tool/table.dat
"$work/venv/bin/python" -W error -c 'from hatchling.build import build_wheel; build_wheel("dist")'
tracked=$(git ls-files tool | tr '\n' ' ')
packed=$("$work/venv/bin/python" -c '
import glob, zipfile
names = zipfile.ZipFile(glob.glob("dist/*.whl")[0]).namelist()
print(" ".join(sorted(name for name in names if "dist-info" not in name)))')
printf '%s\n' "tracked: $tracked" "packed: $packed"
[ "$tracked" = 'tool/.gitignore tool/__init__.py tool/table.dat ' ]
[ "$packed" = 'tool/.gitignore tool/__init__.py tool/local.cfg' ]
