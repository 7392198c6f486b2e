"""An application that fits any Plan: typed fields, materials, persons whom it serves, places."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from typing import Any

from stdnum.cn import ric, uscc

from compiler.application import check_filed
from compiler.catalogue import Catalogue
from compiler.fields import parse
from compiler.guards import evaluate
from compiler.kinds import BaseStep, FieldType, When
from compiler.persons import NEEDS, REPRESENTED
from compiler.plan import ApplicantKind, Guard, Plan
from engine.filing import prepare
from engine.topology import Topology
from errors import FilingError
from simulation.answers import CANDIDATES
from simulation.papers import materials
from simulation.scripts import Script
from workflows.contracts import CaseInput, Tempo

DIVISIONS = (
    "430102", "440305", "330106", "320106", "510104", "420106", "370102", "610103",
)  # fmt: skip
"""In eight provinces: two fields of a case are never in the same one."""

HOME = "110000"
"""The province whose portal files what may be filed anywhere: none of `DIVISIONS` is there."""

TEMPO = Tempo(inquiry_every=86400.0 * 1000, parcel_poll=86400.0, payment_poll=43200.0)
"""As in production, but what is asked again and again is asked more seldom: months must pass."""

MOST_TRIALS = 2000

PERSONS = 5
"""Persons of one case: nobody is in two cases, or they would be the same application filed twice.

Numbers are given out by the case's own number, so a simulation repeats itself.
"""

FEE = 100
"""分, where each province sets the fee itself."""

LITERAL = re.compile(r'"([^"]*)"|\b([0-9]+)\b')


def file(
    catalogue: Catalogue, plan: Plan, topology: Topology, script: Script, number: int
) -> CaseInput:
    """Return a case to start: an application that has passed every check of a real portal's.

    Args:
        catalogue: Where the matter stands.
        plan: What is applied for.
        topology: Whose portals there are.
        script: What is out of the ordinary about it.
        number: Of the case in this simulation, from 1.

    Raises:
        FilingError: No candidate satisfies the matter's conditions.
    """
    given = materials(plan, script.lacks)
    for kind, fields in itertools.islice(_trials(plan), MOST_TRIALS):
        if _fits(plan, script, kind, fields, given):
            break
    else:
        raise FilingError(
            f"no synthetic application satisfies the conditions of {plan.title} ({plan.mode})",
            "simulate it with an application of your own on `kuasheng up`",
        )
    filed = {
        "portal": _portal(plan, topology, fields),
        "application_ref": f"SIM-{number}",
        "matter": plan.matter,
        "mode": plan.mode,
        "filed_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "applicant": _applicant(plan, kind, number * PERSONS),
        "application": fields,
        "materials": given,
    }
    if plan.co_applicants:
        others = range(1, 1 + plan.co_applicants.count)
        filed["co_applicants"] = [
            _applicant(plan, kind, number * PERSONS + each) for each in others
        ]
    if plan.fee is None:
        plan = plan.model_copy(update={"fee": FEE}).sealed()
    return prepare(plan, check_filed(catalogue, filed), topology, TEMPO)


def branches(plan: Plan) -> tuple[Guard, ...]:
    """Return the guards of `when` that what was filed decides alone."""
    steps = plan.steps.items()
    return tuple(plan.guards[name] for name, step in steps if decided_by_filing(plan, name, step))


def decided_by_filing(plan: Plan, name: str, step: BaseStep) -> bool:
    """Whether a step is a `when` whose guard reads nothing but the application."""
    return isinstance(step, When) and all(
        read.startswith("application.") for read in plan.guards[name].names
    )


def _trials(plan: Plan) -> Iterator[tuple[ApplicantKind, dict[str, Any]]]:
    """Yield kinds of applicants and field values, the usual ones first."""
    guards = [c.guard for c in plan.conditions] + list(branches(plan))
    divisions = iter(itertools.cycle(DIVISIONS))
    choices: list[tuple[Any, ...]] = []
    for name, spec in plan.application.items():
        usual = (next(divisions),) if spec.type == "division" else CANDIDATES[spec.type]
        read = [guard for guard in guards if f"application.{name}" in guard.names]
        # What no guard reads needs no trial; what one reads may have to be a literal of it.
        choices.append((*usual, *_literals(read, spec.type)) if read else usual[:1])
    for values in itertools.product(*choices):
        for kind in plan.applicants:
            yield kind, dict(zip(plan.application, values, strict=True))


def _literals(guards: list[Guard], kind: FieldType) -> list[Any]:
    found = [match for guard in guards for match in LITERAL.findall(guard.expr)]
    if kind in ("integer", "money"):
        return [int(number) + more for _, number in found if number for more in (0, 1)]
    return [text for text, _ in found if text]


def _fits(
    plan: Plan, script: Script, kind: str, fields: dict[str, Any], given: list[dict[str, Any]]
) -> bool:
    known: dict[str, Any] = {"applicant.kind": kind}
    ids = {material["id"] for material in given}
    known |= {f"materials.{m.id}": m.id in ids for m in plan.materials}
    known |= {f"application.{n}": parse(plan.application[n].type, v) for n, v in fields.items()}
    return all(evaluate(c.guard, known) for c in plan.conditions) and all(
        evaluate(guard, known) is not script.other_branch for guard in branches(plan)
    )


def _applicant(plan: Plan, kind: ApplicantKind, number: int) -> dict[str, Any]:
    """Return a person or an organisation of this kind that no other case has."""
    whole = {"name": f"模拟{number}", "id_number": id_number(number), "uscc": _uscc(number)}
    found: dict[str, Any] = {name: whole[name] for name in NEEDS[kind]}
    if plan.representative_required and kind in REPRESENTED:
        person = {"name": f"法人{number}", "id_number": id_number(number + PERSONS - 1)}
        found["parties"] = [{"role": "legal_representative", **person}]
    return {"kind": kind, "phone": "13800138000", "address": "模拟地址一号", **found}


def id_number(number: int) -> str:
    """Return a valid ID number, another one for each number up to 20 million."""
    day = dt.date(1950, 1, 1) + dt.timedelta(days=number // 1000)
    body = f"430102{day:%Y%m%d}{number % 1000:03}"
    return body + str(ric.calc_check_digit(body + "0"))


def _uscc(number: int) -> str:
    body = f"51110000{number:08}X"
    return body + str(uscc.calc_check_digit(body))


def _portal(plan: Plan, topology: Topology, fields: dict[str, Any]) -> str:
    """Return a portal of the province in which the case has to live."""
    source, _, field = plan.places[plan.home].value.partition(".")
    division = {"application": fields.get(field, HOME), "portal": HOME}.get(source, source)
    return topology.of_division(division).portals[0]
