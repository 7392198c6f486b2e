"""How many examples a property gets: few and always the same in CI, many and new ones on demand.

`HYPOTHESIS_PROFILE=long` is for looking for bugs; CONTRIBUTING.md says how.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def examples(few: int, many: int) -> settings:
    """Return the settings of a property: `few` examples, or `many` in the long profile."""
    return settings(
        max_examples=many if LONG else few,
        derandomize=not LONG,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
