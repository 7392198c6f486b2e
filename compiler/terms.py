"""What a running case must know of its regime's time law (法定时限)."""

from __future__ import annotations

from pydantic import Field

from compiler.kinds import Frozen, Limit


class RegimeTerms(Frozen):
    """The part of a regime that travels in a Plan; `compiler.regimes` has the rest and the clauses.

    The defaults are those of a regime of which no law says anything.
    """

    extension: Limit | None = None
    """延期: what 本机关负责人 may add to the decision's limit; None where no law allows it."""
    extension_times: int = Field(default=1, ge=1)
    """How often it may be added."""
    special: tuple[str, ...] = ()
    """特别程序: the only procedures for which the decision's limit stands still."""
    deemed: bool = False
    """视为受理: whether an acceptance limit that passed in silence accepts."""
    correction: Limit = "10 workdays"
    """补正: how long the applicant has to bring what is missing."""
