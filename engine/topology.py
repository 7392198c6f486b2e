"""Provinces and portals: who takes part, read from `deploy/topology.yaml`.

Nothing here knows Temporal: a province says what its namespace, task queue and Nexus endpoint are
called, and that is all that other rooms need.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from errors import NotFoundError, SettingsError

ProvinceCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}0000$")]
PortalId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,31}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProvinceRow(_Frozen):
    """A province as the file has it."""

    code: ProvinceCode
    name: str
    portals: tuple[PortalId, ...] = Field(min_length=1)


class Province(ProvinceRow):
    """A province, autonomous region or municipality, 兵团, or the central authorities (000000)."""

    resource: str

    @property
    def namespace(self) -> str:
        """The Temporal namespace that this province's cases live in."""
        return self.resource

    @property
    def task_queue(self) -> str:
        """The task queue that this province's workers poll."""
        return self.resource

    @property
    def endpoint(self) -> str:
        """The Nexus endpoint that other provinces reach it by."""
        return self.resource


class Topology(_Frozen):
    """All provinces. Build it with `Topology.load`."""

    resource: str = Field(pattern=r"^[a-z][a-z0-9-]*\{code\}$")
    rows: tuple[ProvinceRow, ...] = Field(alias="provinces", min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [row.code for row in self.rows] + [p for row in self.rows for p in row.portals]
        twice = [name for name, times in Counter(ids).items() if times > 1]
        if twice:
            raise ValueError(f"stated twice: {', '.join(twice)}")
        return self

    @classmethod
    def load(cls, path: Path) -> Topology:
        """Read a topology file.

        Raises:
            SettingsError: The file is missing, not YAML, or not a topology.
        """
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise SettingsError(
                f"topology {path} cannot be read ({error.strerror})",
                "set KUASHENG_TOPOLOGY to a topology file",
            ) from error
        except yaml.YAMLError as error:
            where = " ".join(str(error).split())
            raise SettingsError(f"topology {path} is not YAML ({where})", "correct it") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the file"
            raise SettingsError(
                f"topology {path}, {where}: {first['msg']}", "correct it"
            ) from error

    @property
    def provinces(self) -> tuple[Province, ...]:
        """Every province, in the file's order."""
        return tuple(self._named(row) for row in self.rows)

    def province(self, code: str) -> Province:
        """Return the province with this six-digit code.

        Raises:
            NotFoundError: There is none.
        """
        for row in self.rows:
            if row.code == code:
                return self._named(row)
        known = {row.code: row.name for row in self.rows}
        raise NotFoundError(f"no province {code}", _did_you_mean(code, known))

    def of_division(self, division: str) -> Province:
        """Return the province that a six-digit division code (行政区划代码) lies in.

        Raises:
            NotFoundError: There is none.
        """
        return self.province(f"{division[:2]}0000")

    def of_portal(self, portal: str) -> Province:
        """Return the province that a portal belongs to.

        Raises:
            NotFoundError: There is no such portal.
        """
        for row in self.rows:
            if portal in row.portals:
                return self._named(row)
        known = {name: row.name for row in self.rows for name in row.portals}
        raise NotFoundError(f"no portal {portal}", _did_you_mean(portal, known))

    def select(self, codes: str | Iterable[str] | None) -> tuple[Province, ...]:
        """Return the provinces of a comma-separated list; all of them for None or nothing.

        Raises:
            NotFoundError: One of the codes is not a province.
        """
        parts = codes.split(",") if isinstance(codes, str) else codes or ()
        wanted = dict.fromkeys(part.strip() for part in parts if part.strip())
        return tuple(map(self.province, wanted)) or self.provinces

    def _named(self, row: ProvinceRow) -> Province:
        return Province(**row.model_dump(), resource=self.resource.format(code=row.code))


def _did_you_mean(given: str, known: dict[str, str]) -> str:
    close = difflib.get_close_matches(given, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]} ({known[close[0]]})?"
    return f"known are {', '.join(known)}"
