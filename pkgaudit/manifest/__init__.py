"""Release manifests: a module for each form that is written, and modules that read these and other forms.

Start with `pkgaudit.manifest.reading`, which recognizes the form of a manifest.
"""
