#!/usr/bin/env bash
# A new version of readme_renderer changes the address of a heading with a shortcode, so links to it lead nowhere.
#
# Expected: the id of `## :rocket: Install` is stable, because readmes have links such as `#rocket-install`.
# Behavior: readme_renderer 45.0 makes "user-content-rocket-install". 46.0 replaces the shortcode by a picture before
#           it makes the id, which is "user-content--install" then; the link stays "#user-content-rocket-install".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' '[Install](#rocket-install)' '' '## :rocket: Install' >"$work/README.md"
for pins in 'readme_renderer==45.0 comrak==0.0.13' 'readme_renderer==46.0 comrak==0.0.16'; do
    python3 -m venv "$work/venv"
    # shellcheck disable=SC2086
    "$work/venv/bin/python" -m pip install -q --disable-pip-version-check $pins nh3==0.3.8
    "$work/venv/bin/python" - "$work/README.md" <<'PYTHON' | tee -a "$work/ids"
import re
import sys
from pathlib import Path

from readme_renderer.markdown import render

html = render(Path(sys.argv[1]).read_text())
print(sorted(set(re.findall(r'(?:id|href)="#?([^"]*install)"', html))))
PYTHON
    rm -rf "$work/venv"
done
diff "$work/ids" - <<'IDS'
['user-content-rocket-install']
['user-content--install', 'user-content-rocket-install']
IDS
