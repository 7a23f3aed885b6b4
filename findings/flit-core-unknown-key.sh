#!/usr/bin/env bash
# flit-core builds a project with an unknown key in [project] before version 4, and refuses it since.
#
# Expected: a misspelled or foreign key (`author`, as in setup.cfg) either always fails or always builds.
# Behavior: flit-core 3.12.0 logs "Unexpected names under [project]" and builds a wheel without the author.
#           flit-core 4.2.0 raises ConfigError. So an sdist that was released with `requires = ["flit_core"]`
#           and such a key cannot be installed from source any longer, while one with `flit_core<4` can.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/project"
printf '%s\n' '[build-system]' 'requires = ["flit_core"]' 'build-backend = "flit_core.buildapi"' \
    '[project]' 'name = "sample"' 'version = "1.0"' 'description = "A sample"' 'author = "Ada"' \
    >"$work/project/pyproject.toml"
echo '"""A sample"""' >"$work/project/sample.py"

# Print what one version does.
build() {
    python3 -m venv "$work/$1"
    "$work/$1/bin/python" -m pip install -q --disable-pip-version-check "flit_core==$1"
    (cd "$work/project" && "$work/$1/bin/python" -c '
import flit_core.buildapi as backend
try:
    print("builds", backend.build_wheel("..").partition("-")[0])
except Exception as error:
    print(f"{type(error).__name__}: {error}")
' 2>/dev/null)
}

old=$(build 3.12.0)
new=$(build 4.2.0)
echo "flit-core 3.12.0: $old"
echo "flit-core 4.2.0:  $new"
[ "$old" = "builds sample" ]
[[ $new == "ConfigError: "*"key(s) in [project] table: author" ]]
