"""``python -m pkgaudit``."""

import sys

# Python puts the folder in which one stands first, unless -P or -I says otherwise. It is often the project
# that is audited, whose logging.py or click.py would be imported in place of the libraries.
if __spec__ is not None and not (getattr(sys.flags, "safe_path", False) or sys.flags.isolated):
    del sys.path[0]

from pkgaudit.cli import main

main(prog_name="pkgaudit")
