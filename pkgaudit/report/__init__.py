"""Output formats: one module each, found through the entry-point group ``pkgaudit.reports``."""
