"""Which function runs a step of which kind, at home and at a handling place."""

from __future__ import annotations

from typing import Any

from compiler.kinds import BaseStep, Exchange
from compiler.plan import Plan
from workflows.handover import HomeSide
from workflows.interpreter import Runner
from workflows.side import Side
from workflows.steps import (
    accept,
    archive,
    capture,
    choose,
    data_check,
    decide,
    deliver,
    exchange,
    form_review,
    handle,
    hold,
    identity_check,
    intake,
    issue,
    notify,
    parallel,
    pay,
    pay_out,
    rate,
    repeat,
    review,
    transport,
    when,
)

ANYWHERE: dict[str, Runner[Any]] = {
    "intake": intake.run,
    "form_review": form_review.run,
    "identity_check": identity_check.run,
    "data_check": data_check.run,
    "transport": transport.run,
    "capture": capture.run,
    "accept": accept.run,
    "review": review.run,
    "decide": decide.run,
    "pay": pay.run,
    "pay_out": pay_out.run,
    "issue": issue.run,
    "deliver": deliver.run,
    "notify": notify.run,
    "hold": hold.run,
    "rate": rate.run,
    "archive": archive.run,
    "when": when.run,
    "choose": choose.run,
    "parallel": parallel.run,
    "repeat": repeat.run,
}
"""Kinds that run alike wherever the step's place is."""

AT_HOME: dict[str, Runner[HomeSide]] = {
    **ANYWHERE,
    "handle": handle.order,
    "exchange": exchange.send,
}
"""Runners in a case workflow."""

AT_HAND: dict[str, Runner[Side]] = ANYWHERE
"""Runners inside a block that a handling workflow was ordered to do."""


def unsupported(plan: Plan) -> tuple[str, ...]:
    """Return what of a Plan this release cannot run yet, as the words that name it in YAML."""
    found = {word for step in plan.steps.values() if (word := _missing(step, plan.home))}
    return tuple(sorted(found))


def _missing(step: BaseStep, home: str) -> str:
    kind = str(getattr(step, "kind", ""))
    if kind not in AT_HOME:
        return kind
    if isinstance(step, Exchange) and home not in (step.source, step.to):
        return "exchange between two places that are not the home"
    return ""
