"""Measurements of pkgaudit and other tools."""
