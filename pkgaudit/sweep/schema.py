"""The columns of the Parquet files in a store."""

from __future__ import annotations

import pyarrow as pa

_FINDING = pa.struct(
    [
        ("code", pa.string()),
        ("name", pa.string()),
        ("severity", pa.string()),
        ("member", pa.string()),
        ("line", pa.int64()),
        ("message", pa.string()),
        ("fingerprint", pa.string()),
        ("content", pa.string()),
    ]
)

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("file", "project", "version", "kind", "sha256")),
        ("size", pa.int64()),
        *((name, pa.string()) for name in ("location", "uploaded", "verdict")),
        *((name, pa.int32()) for name in ("errors", "warnings", "infos")),
        ("findings", pa.list_(_FINDING)),
        ("failures", pa.list_(pa.string())),
        ("seconds", pa.float64()),
        *((name, pa.string()) for name in ("rules", "audited")),
    ]
)
"""The columns, in the order of the fields of `Row`."""
