"""Release manifests: lists of the files of a release with their hashes, written and read."""
