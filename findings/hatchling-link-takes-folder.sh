#!/usr/bin/env bash
# hatchling 1.33.0 packs a folder that a symbolic link also reaches only once, under the name that sorts first.
#
# Expected: the package `tool` is in the wheel, whether or not a link to it exists.
# Behavior: with a link `alias -> tool`, the wheel contains `alias/` and lacks `tool/`, so `import tool` fails
#           after the installation. The build succeeds and prints no warning. A link that sorts after the
#           folder (`zalias`) changes nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check hatchling==1.33.0

# Print the modules in the wheel of a project with the package tool and these links to it.
modules() {
    local project="$work/project-$#$*" link
    mkdir -p "$project/tool"
    echo 'ANSWER = 42' >"$project/tool/__init__.py"
    printf '%s\n' '[build-system]' 'requires = ["hatchling"]' 'build-backend = "hatchling.build"' \
        '[project]' 'name = "tool"' 'version = "1.0"' \
        '[tool.hatch.build.targets.wheel]' 'include = ["*.py"]' >"$project/pyproject.toml"
    for link in "$@"; do ln -s tool "$project/$link"; done
    (cd "$project" && "$work/venv/bin/python" -m hatchling build -t wheel >/dev/null 2>&1)
    "$work/venv/bin/python" -m zipfile -l "$project"/dist/*.whl | grep -o '[a-z]*/__init__.py' | tr '\n' ' '
}

without=$(modules)
first=$(modules alias)
last=$(modules zalias)
echo "no link:          $without"
echo "alias -> tool:    $first"
echo "zalias -> tool:   $last"
[ "$without" = "tool/__init__.py " ]
[ "$first" = "alias/__init__.py " ]
[ "$last" = "tool/__init__.py " ]
