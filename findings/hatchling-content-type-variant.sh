#!/usr/bin/env bash
# hatchling 1.33.0 and uv_build 0.13.6 refuse a content type with the parameter `variant`.
#
# Expected: `content-type = "text/markdown; variant=CommonMark"` is taken, because Description-Content-Type has this
#           parameter since 2018, PyPI evaluates it, and flit-core, pdm-backend, poetry-core and setuptools write it.
# Behavior: both stop, and so they do with the parameter `charset`.
# Source: https://packaging.python.org/en/latest/specifications/core-metadata/#description-content-type
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check hatchling==1.33.0 uv_build==0.13.6
cd "$work"
mkdir tool dist
touch tool/__init__.py
echo '# Tool' >README.md

# Print whether a backend makes a wheel of a project with this content type.
builds() {
    printf '%s\n' '[project]' 'name = "tool"' 'version = "1.0"' \
        "readme = {file = 'README.md', content-type = 'text/markdown; $2'}" \
        '[tool.uv.build-backend]' 'module-root = ""' \
        '[build-system]' 'requires = ["uv_build"]' 'build-backend = "uv_build"' >pyproject.toml
    PATH="$work/venv/bin:$PATH" "$work/venv/bin/python" -c "from $1 import build_wheel; build_wheel('dist')" \
        >/dev/null 2>&1 && echo yes || echo no
}

for backend in hatchling.build uv_build; do
    for parameter in charset=UTF-8 variant=CommonMark; do
        echo "$backend, $parameter: $(builds "$backend" "$parameter")"
    done
done | tee answers
[ "$(cat answers)" = 'hatchling.build, charset=UTF-8: no
hatchling.build, variant=CommonMark: no
uv_build, charset=UTF-8: no
uv_build, variant=CommonMark: no' ]
