#!/usr/bin/env bash
# poetry-core 2.5.0 packs a symbolic link under the name of the file to which it points.
#
# Expected: the wheel contains `tool/data.txt` and `tool/alias.py`, which are links in the project, with the
#           contents of their targets, as other build backends pack them.
# Behavior: `tool/data.txt -> ../data.txt` becomes `data.txt` at the top of the wheel, so the installation writes
#           it directly into site-packages, and `tool/alias.py -> real.py` disappears, so `import tool.alias`
#           fails. The build succeeds and prints no warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check poetry-core==2.5.0

mkdir -p "$work/project/tool"
cd "$work/project"
touch tool/__init__.py tool/real.py
echo text >data.txt
ln -s ../data.txt tool/data.txt
ln -s real.py tool/alias.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' \
    '[build-system]' 'requires = ["poetry-core"]' 'build-backend = "poetry.core.masonry.api"' >pyproject.toml
"$work/venv/bin/python" -W error -c 'from poetry.core.masonry.api import build_wheel; build_wheel("dist")'
files=$("$work/venv/bin/python" -c '
import glob, zipfile
names = zipfile.ZipFile(glob.glob("dist/*.whl")[0]).namelist()
print(" ".join(sorted(name for name in names if "dist-info" not in name)))')
echo "$files"
[ "$files" = 'data.txt tool/__init__.py tool/real.py' ]
