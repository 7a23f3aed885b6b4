"""HM: hash manifests, that is RECORD compared with the wheel's actual content.

`_shared.record` parses RECORD, because other families need it too. Start reading at `rules`.
"""
