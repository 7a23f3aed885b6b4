#!/usr/bin/env bash
# flit-core 4.2.0 does not write `license = {text = …}` into the metadata.
#
# Expected: `License: MIT License`, as hatchling, pdm-backend, poetry-core, setuptools and uv_build write. The table is
#           deprecated, but still in the specification.
# Behavior: METADATA has no field on the license, and the build prints no warning.
# Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/#license
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check flit-core==4.2.0 hatchling==1.33.0

mkdir -p "$work/project/tool"
cd "$work/project"
echo '"""A tool."""' >tool/__init__.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'description = "A tool."' \
    'license = {text = "MIT License"}' >pyproject.toml

# Print the fields on the license in the wheel of a backend.
license() {
    mkdir "$2"
    "$work/venv/bin/python" -W error -c "from $1 import build_wheel; build_wheel('$2')" 2>&1
    "$work/venv/bin/python" -m zipfile -e "$2"/*.whl "$2"
    grep -i '^License' "$2"/*.dist-info/METADATA || echo none
}

flit=$(license flit_core.buildapi flit)
hatchling=$(license hatchling.build hatchling)
printf '%s\n' "flit-core: $flit" "hatchling: $hatchling"
[ "$flit" = none ]
[ "$hatchling" = 'License: MIT License' ]
