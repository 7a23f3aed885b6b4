"""PV: private traces of people, machines and networks.

`rules_build_machine` (PV101 to PV103, PV105) reports home directories, build paths, internal hosts and
owners: `find` finds paths in any file, `homes` judges them, `accounts` classifies account names, and `hosts`
and `owners` do the rest. `rules_index_logins` (PV104) reports logins in URLs of package indexes. Start
reading at `rules_build_machine`.
"""
