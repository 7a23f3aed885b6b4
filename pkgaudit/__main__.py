"""``python -m pkgaudit``."""

from pkgaudit.cli import main

main(prog_name="pkgaudit")
