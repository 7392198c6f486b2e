"""From a checked application to a started case: numbers, places, digest, idempotent start.

The same portal and reference always give the same case: the workflow id is made of them, the case
number is derived from them, and a digest of the whole application tells a repetition (fine) from a
different payload under the same reference (an error; Temporal itself would ignore it silently).
"""

from __future__ import annotations

import base64
import hashlib
import json
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from compiler.application import Application
from compiler.plan import Plan
from engine.topology import Topology
from errors import ConflictError, FilingError
from workflows.contracts import TASK_TIMEOUT, CaseInput, Filing, Tempo, case_workflow_id
from workflows.search import start_attributes
from workflows.side import province_of
from workflows.steps.runners import unsupported

BEIJING = ZoneInfo("Asia/Shanghai")

MODE_NAMES = {
    "online": "全程网办",
    "collect": "异地代收代办",
    "joint": "多地联办",
    "anywhere": "异地受理",
    "settlement": "实时结算",
}


class Started(BaseModel):
    """A started case; `existing` when this application had started it before."""

    model_config = ConfigDict(frozen=True)

    case_no: str
    workflow_id: str
    run_id: str
    province: str
    matter: str
    mode: str
    existing: bool


def payload_digest(application: Application) -> str:
    """Return the SHA-256 of everything that was filed, in canonical JSON."""
    canonical = json.dumps(application.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def case_number(home: str, application: Application) -> str:
    """Return the case number (办件编号): `440000-YYYYMMDD-` and 8 characters of the reference.

    The characters are Base32 of a hash of portal and reference: a retry gives the same number.
    """
    day = application.filed_at.astimezone(BEIJING).strftime("%Y%m%d")
    text = f"{application.portal}\0{application.application_ref}"
    tail = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:8]
    return f"{home}-{day}-{tail}"


def resolve_places(plan: Plan, application: Application, topology: Topology) -> dict[str, str]:
    """Return the division of every place role of the Plan.

    Raises:
        FilingError: the portal is not one of the province where this case has to live. So a
            reference, which is unique within its portal, is unique within one namespace.
    """
    portal = topology.of_portal(application.portal)
    divisions: dict[str, str] = {}
    for role, place in plan.places.items():
        source, _, field = place.value.partition(".")
        if source == "portal":
            divisions[role] = portal.code
        elif source == "application":
            filed = application.application.get(field)
            if filed is None:
                continue  # an optional place that this case does not have
            divisions[role] = str(filed)
        else:
            divisions[role] = place.value
        topology.province(province_of(divisions[role]))
    home = province_of(divisions[plan.home])
    if home != portal.code:
        there = topology.province(home)
        raise FilingError(
            f"{plan.title} ({plan.mode}) is filed at the {plan.places[plan.home].is_}, "
            f"{there.code} {there.name}, not at {portal.code} {portal.name}",
            f"file it with portal {' or '.join(there.portals)}",
        )
    return divisions


def prepare(plan: Plan, application: Application, topology: Topology, tempo: Tempo) -> CaseInput:
    """Return the input of the case's workflow.

    Raises:
        FilingError: the Plan needs a step kind that this release cannot run, which it names.
    """
    missing = unsupported(plan)
    if missing:
        raise FilingError(
            f"{plan.title} ({plan.mode}) cannot be started yet",
            f"this release cannot run: {', '.join(missing)}",
        )
    divisions = resolve_places(plan, application, topology)
    return CaseInput(
        case_no=case_number(province_of(divisions[plan.home]), application),
        portal=application.portal,
        application_ref=application.application_ref,
        payload_digest=payload_digest(application),
        filed_at=application.filed_at,
        plan=plan,
        divisions=divisions,
        filing=Filing(
            applicant=application.applicant,
            application=application.application,
            materials=application.materials,
            others=application.co_applicants,
        ),
        tempo=tempo,
    )


async def start(client: Client, case: CaseInput, task_queue: str) -> Started:
    """Start a case in its home namespace, or find the one that this application started.

    Raises:
        ConflictError: the reference was used before with a different payload.
    """
    plan = case.plan
    home = province_of(case.divisions[plan.home])
    handling = province_of(case.divisions[plan.decided_by])
    workflow_id = case_workflow_id(case.portal, case.application_ref)
    try:
        handle = await client.start_workflow(
            plan.title,
            case,
            id=workflow_id,
            task_queue=task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={"payload_digest": case.payload_digest, "case_no": case.case_no},
            search_attributes=start_attributes(
                plan, case_no=case.case_no, collecting=home, handling=handling
            ),
            static_summary=f"{plan.title} · {MODE_NAMES[plan.mode]}",
        )
    except WorkflowAlreadyStartedError:
        known = await client.get_workflow_handle(workflow_id).describe()
        return await _same(case, home, known)
    return Started(
        case_no=case.case_no,
        workflow_id=workflow_id,
        run_id=handle.result_run_id or "",
        province=home,
        matter=plan.title,
        mode=plan.mode,
        existing=False,
    )


async def _same(case: CaseInput, home: str, known: WorkflowExecutionDescription) -> Started:
    memo = await known.memo()
    if memo.get("payload_digest") != case.payload_digest:
        raise ConflictError(
            f"reference {case.application_ref} of {case.portal} was already used for case "
            f"{memo.get('case_no')} with a different payload",
            "file it under a new reference, or repeat it unchanged",
        )
    return Started(
        case_no=str(memo["case_no"]),
        workflow_id=known.id,
        run_id=known.run_id,
        province=home,
        matter=known.workflow_type,
        mode=case.plan.mode,
        existing=True,
    )
