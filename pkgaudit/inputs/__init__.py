"""The inputs of an audit: files from command-line arguments, builds of project folders, and version control.

`paths` sorts the arguments, `build` builds a project folder, `checkout` asks git for the tracked files, and
`sources` finds the repository file that a member was made from. Start reading at `paths`.
"""
