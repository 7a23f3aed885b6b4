"""NB: native binaries, judged by their headers and tables.

`elf`, `macho` and `pe` read a binary into one `Header`, which a summary keeps for each file. `tags` parses
the tags of the wheel. `platforms`, `libraries`, `linking` and `python_abi` compare the headers with the tags,
by the policies in `policy`; `programs` judges modes. `report` makes one problem for each cause. Start reading
at `rules`, then `header`.
"""
