"""Reports on a store: what is in it, and what changed. A store may have a million files, so a report has
numbers and the worst projects, and the findings of one project if it is asked for.
"""
