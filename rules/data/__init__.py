"""Data that ages: JSON files with their date and source, and `loader`, which reads them.

``python -m tools.refresh_data`` writes the files again; ``pkgaudit --version --verbose`` shows their dates.
"""
