"""HM: hash manifests: RECORD compared with the wheel's content, and release manifests with the files.

`_shared.record` parses RECORD, because other families need it too. Start reading at `rules`. The rules in
`rules_manifest` and `rules_attestations` compare files that were read outside; they read none.
"""
