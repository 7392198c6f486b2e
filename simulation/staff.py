"""The officers of a simulation: enough for every role, in every province that takes part."""

from __future__ import annotations

from collections.abc import Iterable

from activities.officers import ANY_UNIT, ROLES, Officer, Officers

EACH = 3
"""Officers of a role in a province: opinions of several persons, and those who stand in."""


def staff(provinces: Iterable[str]) -> Officers:
    """Return officers who may act for every unit of these provinces (six-digit codes)."""
    return Officers.model_validate(
        {
            "officers": [
                Officer.model_validate(
                    {
                        "id": f"{province}-{role}-{number}",
                        "division": province,
                        "units": [ANY_UNIT],
                        "roles": [role],
                    }
                )
                for province in sorted(provinces)
                for role in ROLES
                for number in range(1, EACH + 1)
            ]
        }
    )
