#!/usr/bin/env bash
# PDM stores the password of an index in a file that every account of the machine can read.
#
# Expected: a file with a password has mode 600, as those of uv, Poetry and Hatch.
# Behavior: PDM 2.29.4 creates `pdm.toml` (with `--local`) and, without a keyring, `config.toml` with the usual
#           permissions, which are 644.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check pdm==2.29.4
mkdir "$work/home" "$work/project"
cd "$work/project"
umask 022
for place in "" --local; do
    # shellcheck disable=SC2086  # an empty word is no argument
    env -i HOME="$work/home" PATH="$PATH" PDM_CHECK_UPDATE=false \
        "$work/venv/bin/pdm" config $place repository.corp.password made-up-password >/dev/null 2>&1
done
modes=$(stat -c '%a %n' "$work/home/.config/pdm/config.toml" "$work/project/pdm.toml" | sed "s#$work/##")
echo "$modes"
grep -q made-up-password "$work/home/.config/pdm/config.toml" "$work/project/pdm.toml"
[[ $modes == *"644 home/.config/pdm/config.toml"* && $modes == *"644 project/pdm.toml"* ]]
