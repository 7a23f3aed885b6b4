#!/usr/bin/env bash
# tomlkit writes a new item of an array into a comment, so the item is lost.
#
# Expected: an item that is appended to an array is in the array when the document is written and read again.
# Behavior: tomlkit 0.15.2 puts it at the end of a line that has several items and a comment: behind the "#".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check tomlkit==0.15.2
cat >"$work/append.py" <<'PY'
import tomlkit

document = tomlkit.parse('exclude = [\n    "a", "b",  # why\n]\n')
document["exclude"].append("c")
written = tomlkit.dumps(document)
print(written, end="")
print("read again:", tomlkit.parse(written)["exclude"])
PY
shown=$("$work/venv/bin/python" "$work/append.py")
echo "$shown"
[[ $shown == *'# why "c",'* && $shown == *"read again: ['a', 'b']" ]]
