"""From findings to a verdict: suppressing and merging findings.

`policy` applies severities and ignores, and decides; `suppressions` finds the suppression of a finding and
records the use of each ignore. Start reading at `policy`.
"""
