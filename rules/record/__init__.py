"""HM: hash manifests, which means RECORD compared with what the wheel really contains.

RECORD is parsed in `_shared.record`, because other families need it too. Start reading at `rules`.
"""
