"""From findings to a verdict: which of them count, and which are the same one.

`policy` applies severities and ignores and decides; `suppressions` finds what suppresses a finding and
records which ignores were used. Start reading at `policy`.
"""
