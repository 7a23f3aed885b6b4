#!/usr/bin/env bash
# maturin 1.16.0 accepts `--repository` beside `--repository-url` and uploads to the last one.
#
# Expected: an error, as for one of these options beside the variable of the other: the argument
#           '--repository <REPOSITORY>' cannot be used with '--repository-url <REPOSITORY_URL>'.
# Behavior: if both are options, the last one wins without a message, so the order of the arguments chooses the index.
# Source: https://www.maturin.rs/distribution
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check maturin==1.16.0
"$work/venv/bin/python" -m pip download -q --disable-pip-version-check --no-deps -d "$work" six==1.17.0

# An index that answers each upload with status 400 and writes the path of the request into a file.
python3 - "$work" <<'PYTHON' &
import http.server
import pathlib
import sys

class Index(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        pathlib.Path(sys.argv[1], "asked").write_text(self.path)
        self.send_error(400)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Index)
pathlib.Path(sys.argv[1], "port").write_text(str(server.server_port))
server.serve_forever()
PYTHON
server=$!
until [ -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")
printf '%s\n' '[distutils]' 'index-servers = local' '[local]' "repository = $url/name" >"$work/.pypirc"

# Print the path of the index that gets the wheel, or the error about the arguments.
upload() {
    rm -f "$work/asked"
    env -i HOME="$work" PATH="$PATH" MATURIN_USERNAME=me MATURIN_PASSWORD=none "$@" "$work"/six-*.whl \
        >"$work/said" 2>&1 </dev/null || true
    cat "$work/asked" 2>/dev/null || grep -o 'cannot be used with' "$work/said"
}

maturin=("$work/venv/bin/maturin" upload)
variable=$(upload MATURIN_REPOSITORY=local "${maturin[@]}" --repository-url "$url/address")
first=$(upload "${maturin[@]}" --repository local --repository-url "$url/address")
last=$(upload "${maturin[@]}" --repository-url "$url/address" --repository local)
printf '%s\n' "variable and option: $variable" "name, address: $first" "address, name: $last"
[ "$variable" = 'cannot be used with' ]
[ "$first" = /address ]
[ "$last" = /name ]
