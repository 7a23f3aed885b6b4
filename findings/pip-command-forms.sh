#!/usr/bin/env bash
# pip rejects a wheel because of spaces and extras in a console script that the specification allows.
#
# Expected: "sample:main [one,two-three]" and "sample : main" are object references that the entry-point
#           specification allows and importlib.metadata reads, so every installer makes the command.
# Behavior: pip 26.3 reads the value with an expression of its own, in which only the first extra may contain a
#           hyphen and no space may surround the colon, and stops. uv 0.13.9 installs both wheels.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install -q --disable-pip-version-check "pip==26.3" "uv==0.13.9"

# Make a wheel whose command has the given value, and install it with a command.
try() {
    rm -rf "$work/target"
    "$work/env/bin/python" - "$work/sample-1.0-py3-none-any.whl" "$1" <<'PYTHON'
import sys
import zipfile

path, value = sys.argv[1:]
files = {
    "sample.py": "def main():\n    print(1)\n",
    "sample-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n",
    "sample-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "sample-1.0.dist-info/entry_points.txt": f"[console_scripts]\nsample = {value}\n",
}
with zipfile.ZipFile(path, "w") as archive:
    for name, text in files.items():
        archive.writestr(name, text)
    rows = "".join(f"{name},,\n" for name in (*files, "sample-1.0.dist-info/RECORD"))
    archive.writestr("sample-1.0.dist-info/RECORD", rows)
PYTHON
    if "$work/env/bin/$2" "${@:3}" --target "$work/target" "$work/sample-1.0-py3-none-any.whl" >/dev/null 2>&1; then
        echo "installs"
    else
        echo "stops"
    fi
}

outcomes=
for value in "sample:main [one-two]" "sample:main [one,two-three]" "sample : main"; do
    pip=$(try "$value" pip install --no-index --no-deps)
    uv=$(try "$value" uv pip install --offline)
    echo "$value: pip $pip, uv $uv"
    outcomes+="$pip $uv,"
done
[ "$outcomes" = "installs installs,stops installs,stops installs," ]
