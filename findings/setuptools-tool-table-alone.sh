#!/usr/bin/env bash
# setuptools does not build a project of setup.cfg whose pyproject.toml has a table [tool.setuptools].
#
# Expected: [tool.setuptools.package-data] adds a setting to those of setup.cfg, which has the name and the version.
# Behavior: setuptools 84.2.1 reads [tool.setuptools] as if there were a table [project], and stops because that has
#           neither a version nor the field `dynamic`. Without the table, the same project builds.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check setuptools==84.2.1 build==1.3.0
mkdir -p "$work/project/sample"
echo 'answer = 42' >"$work/project/sample/__init__.py"
echo 'words' >"$work/project/sample/words.txt"
printf '%s\n' '[metadata]' 'name = sample' 'version = 1.0' '[options]' 'packages = sample' >"$work/project/setup.cfg"
printf '%s\n' '[build-system]' 'requires = ["setuptools"]' 'build-backend = "setuptools.build_meta"' \
    >"$work/project/pyproject.toml"
"$work/venv/bin/python" -m build --no-isolation --wheel -o "$work/plain" "$work/project" >/dev/null
ls "$work/plain"
printf '%s\n' '[tool.setuptools.package-data]' 'sample = ["*.txt"]' >>"$work/project/pyproject.toml"
if "$work/venv/bin/python" -m build --no-isolation --wheel -o "$work/dist" "$work/project" >"$work/said" 2>&1; then
    echo 'it built the wheel' >&2
    exit 1
fi
grep -m1 'must contain' "$work/said"
