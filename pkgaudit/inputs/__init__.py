"""From command-line arguments to files: distributions, project folders that are built first, version control.

`paths` sorts the arguments, `build` builds a project folder, `checkout` asks git which files it tracks, and
`sources` finds the file of the repository that a member was made from. Start reading at `paths`.
"""
