#!/usr/bin/env bash
# poetry-core 2.5.0 accepts `import-names` and does not write them; setuptools 84.2.1 refuses to build with them.
#
# Expected: `Import-Name: tool` in the metadata, as flit-core 4.2.0, hatchling 1.33.0 and pdm-backend 2.5.0 write.
# Behavior: poetry-core drops the field without a warning. setuptools raises NotImplementedError.
# Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/#import-names
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check \
    poetry-core==2.5.0 setuptools==84.2.1 flit-core==4.2.0

mkdir -p "$work/project/tool"
cd "$work/project"
echo '"""A tool."""' >tool/__init__.py
printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' 'description = "A tool."' 'import-names = ["tool"]' \
    >pyproject.toml

# Print the import names in the wheel that a backend makes, or the last line of its output.
names() {
    if "$work/venv/bin/python" -c "from $1 import build_wheel; build_wheel('$2')" >"$2.log" 2>&1; then
        "$work/venv/bin/python" -m zipfile -e "$2"/*.whl "$2"
        grep '^Import-Name' "$2"/*.dist-info/METADATA || echo none
    else
        grep -o '^NotImplementedError' "$2.log"
    fi
}

mkdir flit poetry setuptools
flit=$(names flit_core.buildapi flit)
poetry=$(names poetry.core.masonry.api poetry)
setuptools=$(names setuptools.build_meta setuptools)
printf '%s\n' "flit-core: $flit" "poetry-core: $poetry" "setuptools: $setuptools"
[ "$flit" = 'Import-Name: tool' ]
[ "$poetry" = none ]
[ "$setuptools" = NotImplementedError ]
