"""Which findings a change gains and loses over real distributions: ``python -m tools.ecosystem``."""
