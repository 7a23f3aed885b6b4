"""Scripts for developers of pkgaudit. Not part of the wheel."""
