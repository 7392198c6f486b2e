"""Officers: who may act for which unit, where, in which role."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from errors import SettingsError

Role = Literal["acceptor", "reviewer", "decider", "clerk", "head", "supervisor"]

ROLES: dict[str, str] = {
    "acceptor": "受理岗",
    "reviewer": "审查岗",
    "decider": "审批岗",
    "clerk": "经办岗",
    "head": "负责人",
    "supervisor": "督办岗",
}
"""Role → its Chinese name."""

ANY_UNIT = "*"
"""综合受理: an officer of the comprehensive window acts for every unit of the division."""

CENTRAL = "000000"
"""The central authorities. They are no province's superior here: they act for themselves only."""

Division = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9]{6}$")]
OfficerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Officer(BaseModel):
    """经办人员. The id is a staff number, never a name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: OfficerId
    division: Division
    units: Annotated[tuple[str, ...], Field(min_length=1)]
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]


class Officers(BaseModel):
    """Every officer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    officers: tuple[Officer, ...]

    @model_validator(mode="after")
    def _ids_once(self) -> Officers:
        seen: set[str] = set()
        for officer in self.officers:
            if officer.id in seen:
                raise ValueError(f"officer {officer.id} is there twice")
            seen.add(officer.id)
        return self

    @cached_property
    def by_id(self) -> dict[str, Officer]:
        """Officers by their id."""
        return {officer.id: officer for officer in self.officers}

    def refusal(self, officer_id: str, role: str, unit: str, division: str) -> str:
        """Return why this officer may not act so, or the empty text when they may.

        Args:
            officer_id: The officer.
            role: The role that the act needs; empty where any will do (会签).
            unit: The acting unit.
            division: Where it stands.
        """
        officer = self.by_id.get(officer_id)
        if officer is None:
            return (
                f"officer {officer_id} is not registered (未登记的经办人员): "
                "add them to the officers file"
            )
        if not inside(division, officer.division):
            return (
                f"officer {officer_id} belongs to {officer.division} and may not act for "
                f"{division} (行政区划不符): ask an officer of {division}"
            )
        if ANY_UNIT not in officer.units and unit not in officer.units:
            return (
                f"officer {officer_id} belongs to {'、'.join(officer.units)} and may not act for "
                f"{unit} (实施主体不符): ask an officer of {unit}"
            )
        if role and role not in officer.roles:
            has = "、".join(ROLES[r] for r in officer.roles)
            need = f"{role} ({ROLES[role]})" if role in ROLES else role
            return (
                f"officer {officer_id} has the role {has}, this act needs {need} (岗位不符): "
                "ask an officer with that role"
            )
        return ""


def inside(division: str, superior: str) -> bool:
    """Return whether a division is `superior` or lies inside it (430102 in 430100 in 430000)."""
    if superior == CENTRAL:
        return division == CENTRAL
    return division.startswith(superior.removesuffix("00").removesuffix("00"))


def load_officers(path: Path) -> Officers:
    """Read the officers file.

    Raises:
        SettingsError: It is not there, is no YAML, or an officer in it is wrong.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return Officers.model_validate(content)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"officers file {path} cannot be read ({type(error).__name__})",
            "name a readable file of officers",
        ) from None
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise SettingsError(f"{where}: no valid YAML", "correct it at this place") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise SettingsError(
            f"{path}: {where}: {first['msg']}",
            'an officer is {id: …, division: "430000", units: ["*"], roles: [acceptor]}',
        ) from None
