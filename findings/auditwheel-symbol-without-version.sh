#!/usr/bin/env bash
# auditwheel gives a wheel the oldest tag although its module needs a function of a newer glibc.
#
# Expected: a module that needs `reallocarray`, which glibc has only since 2.26, is not manylinux_2_17.
# Behavior: auditwheel 6.8.2 compares only symbol versions, and a function that the linker did not find has none.
#           The wheel passes as manylinux_2_5, and before glibc 2.26 the import fails with "undefined symbol".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check auditwheel==6.8.2 wheel==0.46.3
cat >"$work/core.c" <<'C'
extern void *reallocarray(void *, unsigned long, unsigned long);
void *PyInit_core(void) { return reallocarray(0, 1, 1); }
C
mkdir -p "$work/wheel/sample" "$work/wheel/sample-1.0.dist-info"
# The module needs libc.so.6, which here has no symbols, as an older one lacks the function.
echo | gcc -shared -nostdlib -Wl,-soname,libc.so.6 -o "$work/libc.so" -x c -
gcc -shared -fPIC -nostdlib -Wl,--no-as-needed -o "$work/wheel/sample/core.so" "$work/core.c" "$work/libc.so"
printf '%s\n' 'Metadata-Version: 2.1' 'Name: sample' 'Version: 1.0' >"$work/wheel/sample-1.0.dist-info/METADATA"
printf '%s\n' 'Wheel-Version: 1.0' 'Generator: hand' 'Root-Is-Purelib: false' 'Tag: cp311-cp311-linux_x86_64' \
    >"$work/wheel/sample-1.0.dist-info/WHEEL"
"$work/venv/bin/python" -m wheel pack -d "$work" "$work/wheel" >/dev/null
shown=$("$work/venv/bin/auditwheel" show "$work"/*.whl)
echo "$shown"
[[ $shown == *'"manylinux_2_5_x86_64"'* ]]
