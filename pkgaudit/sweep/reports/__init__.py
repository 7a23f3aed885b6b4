"""Reports on a store: its contents, and changes. A store may have a million files, so a report has
numbers and the worst projects, and the findings of one project if it is asked for.
"""
