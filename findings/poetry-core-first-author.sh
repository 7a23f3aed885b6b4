#!/usr/bin/env bash
# poetry-core 2.5.0 writes only the first author and the first maintainer into the metadata.
#
# Expected: the metadata names both authors, as the specification of `authors` says; flit-core, hatchling,
#           pdm-backend, setuptools and uv_build do so.
# Behavior: the second author and the second maintainer are missing, without a warning. If the first author has
#           only an address, the address becomes the name, and there is no Author-email.
# Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/#authors-maintainers
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check poetry-core==2.5.0

# Print the fields on persons in the wheel of a project with these authors and maintainers.
persons() {
    local project="$work/$1"
    mkdir -p "$project/tool"
    touch "$project/tool/__init__.py"
    printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' "authors = $2" "maintainers = $3" \
        '[build-system]' 'requires = ["poetry-core"]' 'build-backend = "poetry.core.masonry.api"' \
        >"$project/pyproject.toml"
    cd "$project"
    "$work/venv/bin/python" -W error -c 'from poetry.core.masonry.api import build_wheel; build_wheel("dist")'
    "$work/venv/bin/python" -m zipfile -e dist/*.whl dist
    grep -E '^(Author|Maintainer)' dist/*.dist-info/METADATA
}

two=$(persons two '[{name = "A", email = "a@example.org"}, {name = "B", email = "b@example.org"}]' \
    '[{name = "C"}, {name = "D", email = "d@example.org"}]')
address=$(persons address '[{email = "a@example.org"}]' '[]')
echo "$two"
echo "-- only an address: $address"
[ "$two" = 'Author: A
Author-email: a@example.org
Maintainer: C' ]
[ "$address" = 'Author: a@example.org' ]
