"""``pkgaudit fix``: remedies are applied to a project, which is built again.

Start with `fix`, which has the steps; `project` reads, copies and writes the project.
"""
