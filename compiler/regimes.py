"""The regimes (行政许可, 公证, …) and what the law of each says of time, from `regimes.yaml`.

A term says its `basis`: `law`, and then which clause, or `default`, which is ours. A limit that no
law and no default gives is absent.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self, get_args

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from compiler.definition import LegalRegime
from compiler.kinds import Frozen, Limit
from compiler.terms import RegimeTerms
from errors import NotFoundError, SettingsError

REGIMES = Path(__file__).resolve().parent.parent / "matters" / "regimes.yaml"


class Term(Frozen):
    """Something that the time law says, and where."""

    law: str = ""
    basis: Literal["law", "default"]

    @model_validator(mode="after")
    def _founded(self) -> Self:
        if (self.basis == "law") != bool(self.law):
            raise ValueError("`basis: law` names its `law`, `basis: default` has none")
        return self


class Span(Term):
    """A limit, or none."""

    limit: Limit | None = None


class Extension(Span):
    """延期: how much, by whom, how often."""

    approver: Literal["head"] = "head"
    """本机关负责人."""
    times: int = Field(default=1, ge=1)


class Special(Term):
    """特别程序: the closed list of what stops the clock of the decision."""

    procedures: tuple[str, ...] = ()


class Deemed(Term):
    """视为受理."""

    accepted: bool


class Correction(Term):
    """补正: the applicant's own time."""

    limit: Limit


class Regime(Frozen):
    """One regime's time law."""

    decision: Span
    extension: Extension
    special: Special
    acceptance: Span
    deemed: Deemed
    correction: Correction
    delivery: Span

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        more, limit = self.extension.limit, self.decision.limit
        if more and (limit is None or limit.split(" ")[1] != more.split(" ")[1]):
            raise ValueError("an extension needs a decision's limit of the same unit")
        return self

    @property
    def terms(self) -> RegimeTerms:
        """The part that a Plan carries."""
        return RegimeTerms(
            extension=self.extension.limit,
            extension_times=self.extension.times,
            special=self.special.procedures,
            deemed=self.deemed.accepted,
            correction=self.correction.limit,
        )


@lru_cache(maxsize=4)
def load_regimes(path: Path = REGIMES) -> dict[str, Regime]:
    """Read all regimes by name.

    Raises:
        SettingsError: the file cannot be read, says something impossible, or leaves a regime out.
    """
    try:
        raw = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        regimes = TypeAdapter(dict[str, Regime]).validate_python(raw)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror})", "restore it") from error
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        raise SettingsError(f"{path} is not YAML ({where})", "correct it") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}, {where}: {first['msg']}", "correct it") from error
    differ = set(get_args(LegalRegime)) ^ set(regimes)
    if differ:
        raise SettingsError(
            f"{path} must have the regimes that matters may name; these differ: "
            f"{'、'.join(sorted(differ))}",
            "add or remove them",
        )
    return regimes


def terms(regime: str) -> RegimeTerms:
    """Return what a running case needs of a regime.

    Raises:
        NotFoundError: there is no such regime.
        SettingsError: `regimes.yaml` is wrong.
    """
    found = load_regimes().get(regime)
    if found is None:
        raise NotFoundError(f"no legal regime {regime}", f"known are {'、'.join(load_regimes())}")
    return found.terms
