"""Audits all files of an index or a folder, and keeps the results in a store.

A source yields `Wanted` files, grouped to a `Task` for each version of a project. An executor runs the tasks
in child processes, here or on the workers of Dask, and gives back `Row`s, one for each file, which the
`Store` keeps.
"""
