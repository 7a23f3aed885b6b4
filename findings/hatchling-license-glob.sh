#!/usr/bin/env bash
# In hatchling 1.33.0, `LICENSES/**/*.txt` of `license-files` does not match files directly in LICENSES.
#
# Expected: `**` also matches no folder at all, as in pathlib, in glob with `recursive=True` and in other backends,
#           so both license files are packed.
# Behavior: `LICENSES/MIT.txt` is missing from the wheel, and METADATA does not name it. The build prints no warning.
# Source: https://packaging.python.org/en/latest/specifications/glob-patterns/
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check hatchling==1.33.0 flit-core==4.2.0

mkdir -p "$work/project/tool" "$work/project/LICENSES/vendored"
cd "$work/project"
echo '"""A tool."""' >tool/__init__.py
touch LICENSES/MIT.txt LICENSES/vendored/BSD.txt
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'description = "A tool."' 'license = "MIT"' \
    'license-files = ["LICENSES/**/*.txt"]' >pyproject.toml

# Print the license files that METADATA names in the wheel of a backend.
licenses() {
    mkdir "$2"
    "$work/venv/bin/python" -W error -c "from $1 import build_wheel; build_wheel('$2')" 2>&1
    "$work/venv/bin/python" -m zipfile -e "$2"/*.whl "$2"
    sed -n 's/^License-File: //p' "$2"/*.dist-info/METADATA | tr '\n' ' '
}

flit=$(licenses flit_core.buildapi flit)
hatchling=$(licenses hatchling.build hatchling)
printf '%s\n' "flit-core: $flit" "hatchling: $hatchling"
[ "$flit" = 'LICENSES/MIT.txt LICENSES/vendored/BSD.txt ' ]
[ "$hatchling" = 'LICENSES/vendored/BSD.txt ' ]
