"""What can be wrong with a package: one module per family. Installed as ``pkgaudit.rules``."""
