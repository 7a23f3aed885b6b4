"""Helpers that several families use: filenames, tags, RECORD, entry points, metadata fields, path patterns.

A helper that only one family uses belongs in the folder of that family.
"""
