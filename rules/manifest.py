"""HM: hash manifests."""
