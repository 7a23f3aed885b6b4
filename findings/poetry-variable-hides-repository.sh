#!/usr/bin/env bash
# poetry 2.5.1 publishes to another index if a variable is set for any other repository.
#
# Expected: `poetry publish -r local` uploads to `repositories.local.url` of poetry.toml or config.toml, whatever
#           POETRY_REPOSITORIES_OTHER_URL is.
# Behavior: with such a variable, poetry forgets that the settings have a repository `local`. If the project has a
#           source of packages with this name, its address replaces the configured one, without a message.
# Source: https://python-poetry.org/docs/repositories/#publishable-repositories
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check poetry==2.5.1

mkdir "$work/project"
cat >"$work/project/pyproject.toml" <<'TOML'
[project]
name = "tool"
version = "1.0"
[[tool.poetry.source]]
name = "local"
url = "https://packages.example.com/simple/"
TOML
cat >"$work/project/poetry.toml" <<'TOML'
[repositories.local]
url = "https://packages.example.com/upload/"
TOML

# Print the address that `poetry publish -r local` reads.
address() {
    env -i HOME="$work" PATH="$PATH" "$@" "$work/venv/bin/python" -c "
from pathlib import Path
from poetry.factory import Factory
print(Factory().create_poetry(Path('$work/project')).config.get(['repositories', 'local', 'url']))"
}

without=$(address)
with=$(address POETRY_REPOSITORIES_OTHER_URL=https://other.example.com/)
printf '%s\n' "without a variable: $without" "with one for another repository: $with"
[ "$without" = https://packages.example.com/upload/ ]
[ "$with" = https://packages.example.com/simple/ ]
