"""Requests to a package index. Start reading at `client`, which opens every connection of pkgaudit."""
