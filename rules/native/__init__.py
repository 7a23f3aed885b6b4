"""NB: native binaries, by their headers and tables.

`elf`, `macho` and `pe` read a binary into one `Header`, which a summary keeps for each file. `tags` says
what the tags of the wheel promise. `platforms`, `libraries`, `linking` and `python_abi` compare the two, by
the policies in `policy`; `report` makes one problem for each cause. Start reading at `rules`, then
`header`.
"""
