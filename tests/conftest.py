"""Settings of the whole test suite."""

from __future__ import annotations

import os

from hypothesis import settings

# A gate gives the same answer twice; new examples are looked for with HYPOTHESIS_PROFILE=random.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

# They are for this run, and not for those that tests start: these would overwrite its data on coverage.
os.environ.pop("PYTEST_ADDOPTS", None)
