"""The handling side's and the home's ends of the line between provinces.

Every operation is synchronous, short and idempotent: it starts or signals a workflow of this
province, or asks it a question, and returns. What is not known here is an answer, not an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nexusrpc.handler import StartOperationContext, service_handler, sync_operation
from temporalio import activity, nexus
from temporalio.api.operatorservice.v1 import ListNexusEndpointsRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from compiler.plan import Plan
from workflows.contracts import (
    ENDPOINT_KNOWN,
    HANDOVER_VERSION,
    SIGNAL_ANSWERED,
    SIGNAL_ORDERED,
    SIGNAL_REPORTED,
    TASK_TIMEOUT,
    EndpointQuery,
    HandlingInput,
    HandOver,
    Inquiry,
    InquiryReply,
    Order,
    OrderAck,
    Reply,
    ReplyAck,
    Report,
    ReportAck,
    ReportEnvelope,
    handling_workflow_id,
)
from workflows.handling import QUERY_REPORT, HandlingWorkflow, duties
from workflows.handover import endpoint_of
from workflows.search import start_attributes
from workflows.side import province_of
from workflows.steps.runners import unsupported

PlanSource = Callable[[str], Plan | None]
"""Digest → this province's published Plan, or None when it has none of that digest."""


BROKEN_OFF = {
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.CANCELED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
}
"""How work on a case ends only by an operator's hand: as if the order had never come."""


@service_handler(service=HandOver)
class HandOverHandler:
    """Answers other provinces on behalf of one province."""

    def __init__(self, plans: PlanSource) -> None:
        self._plans = plans

    @sync_operation
    async def order(self, _ctx: StartOperationContext, order: Order) -> OrderAck:
        """Start this province's work on a case, or tell the running work of one more step."""
        refusal, plan = self._admit(order)
        if plan is None:
            return OrderAck(taken=False, reason=refusal)
        try:
            await nexus.client().start_workflow(
                HandlingWorkflow.run,
                HandlingInput(plan=plan, order=order),
                id=handling_workflow_id(order.case_no, order.place),
                task_queue=nexus.info().task_queue,
                task_timeout=TASK_TIMEOUT,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                start_signal=SIGNAL_ORDERED,
                start_signal_args=[order],
                search_attributes=start_attributes(
                    plan,
                    case_no=order.case_no,
                    collecting=order.home_province,
                    handling=province_of(order.division),
                ),
                static_summary=f"{plan.title} · {plan.places[order.place].is_}",
            )
        except WorkflowAlreadyStartedError:
            # Done before: the home learns the result by its next inquiry.
            return OrderAck(taken=True)
        return OrderAck(taken=True)

    def _admit(self, order: Order) -> tuple[str, Plan | None]:
        if order.version > HANDOVER_VERSION:
            return f"message version {order.version} is newer than {HANDOVER_VERSION}", None
        plan = self._plans(order.plan_digest)
        if plan is None:
            return f"no published Plan {order.plan_digest[:12]} of {order.matter} here", None
        if endpoint_of(province_of(order.division)) != nexus.info().endpoint:
            return f"division {order.division} is not of this province", None
        if order.step not in duties(plan, order.place):
            return f"the Plan gives {order.place} no step {order.step}", None
        missing = unsupported(plan)
        if missing:
            return f"this release cannot run {'、'.join(missing)}", None
        return "", plan

    @sync_operation
    async def report(self, _ctx: StartOperationContext, envelope: ReportEnvelope) -> ReportAck:
        """Pass a handling place's report on to the case."""
        handle = nexus.client().get_workflow_handle(envelope.home_workflow)
        known = await _signal(handle, SIGNAL_REPORTED, envelope.report)
        return ReportAck(closed=not known)

    @sync_operation
    async def answer(self, _ctx: StartOperationContext, reply: Reply) -> ReplyAck:
        """Pass the home's answer on to this province's work on the case."""
        handle = nexus.client().get_workflow_handle(
            handling_workflow_id(reply.case_no, reply.place)
        )
        return ReplyAck(known=await _signal(handle, SIGNAL_ANSWERED, reply))

    @sync_operation
    async def inquire(self, _ctx: StartOperationContext, inquiry: Inquiry) -> InquiryReply:
        """Say how far this province's work on a case is."""
        handle = nexus.client().get_workflow_handle(
            handling_workflow_id(inquiry.case_no, inquiry.place)
        )
        try:
            if (await handle.describe()).status in BROKEN_OFF:
                return InquiryReply(report=None)
            report: Report = await handle.query(QUERY_REPORT, result_type=Report)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return InquiryReply(report=None)
        return InquiryReply(report=report)


async def _signal(
    handle: WorkflowHandle[object, object], name: str, message: Report | Reply
) -> bool:
    """Signal a workflow; return whether there is one that is open."""
    try:
        await handle.signal(name, message)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


@dataclass(frozen=True)
class Endpoints:
    """Asks the server which Nexus endpoints it has."""

    client: Client

    @activity.defn(name=ENDPOINT_KNOWN.name)
    async def endpoint_known(self, query: EndpointQuery) -> bool:
        """Whether the server knows this endpoint."""
        request = ListNexusEndpointsRequest(name=query.endpoint)
        reply = await self.client.operator_service.list_nexus_endpoints(request)
        return any(endpoint.spec.name == query.endpoint for endpoint in reply.endpoints)
