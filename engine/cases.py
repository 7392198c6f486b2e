"""Cases as people outside see them: find one, look at it, act on it.

Everything goes through Temporal's own calls: describe, query, update. A command carries its own id,
is sent again with that same id until it is taken, and gets the same answer however often it is
sent.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from temporalio.api.workflowservice.v1 import ListNamespacesRequest
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from engine.connect import Connections
from engine.topology import Province
from errors import ActRefusedError, NotFoundError, UnreachableError
from workflows.contracts import (
    QUERY_SUBJECT,
    QUERY_VIEW,
    UPDATE_ACT,
    AnyCommand,
    Awaiting,
    CaseView,
    CommandAnswer,
    CommandEnvelope,
    Standing,
    Subject,
    UrgeCommand,
    WithdrawCommand,
    handling_workflow_id,
)
from workflows.operations import OPERATIONS
from workflows.search import AWAITING, CASE_NO, CASE_STAGE, HANDLING_PROVINCE, MODE, OUTCOME
from workflows.side import SYSTEM
from workflows.tasks import APPLICANT

CASE_NO_FORM = re.compile(r"^([0-9]{2}0000)-[0-9]{8}-[A-Z2-7]{8}$")

QUERY_TIMEOUT = timedelta(seconds=5)
"""A query needs a live worker; an idle one answers in milliseconds."""

UPDATE_TIMEOUT = timedelta(seconds=15)
"""How long a command may stay unanswered before its sender is told that it is not yet accepted."""

VISIBILITY_LAG = 3.0
"""Seconds in which a case that was just started becomes findable by its number."""

M = TypeVar("M", bound=BaseModel)


class CaseRow(BaseModel):
    """A case in a list: what its search attributes say, so that no query is needed."""

    model_config = ConfigDict(frozen=True)

    case_no: str
    matter: str
    mode: str
    stage: str
    outcome: str
    awaiting: tuple[str, ...]
    home_province: str
    handling_province: str
    status: str
    workflow_id: str
    started_at: str


class Target(BaseModel):
    """An open task and the workflow that holds it."""

    model_config = ConfigDict(frozen=True)

    province: str
    workflow_id: str
    row: Awaiting


class Site(BaseModel):
    """One of a case's workflows, at home or at a handling place, and what it says."""

    model_config = ConfigDict(frozen=True)

    province: str
    workflow_id: str
    view: CaseView


def row_of(execution: WorkflowExecution, province: str) -> CaseRow:
    """Return the list row of a case workflow."""
    found = execution.typed_search_attributes
    return CaseRow(
        case_no=found.get(CASE_NO) or "",
        matter=execution.workflow_type,
        mode=found.get(MODE) or "",
        stage=found.get(CASE_STAGE) or "",
        outcome=found.get(OUTCOME) or "",
        awaiting=tuple(found.get(AWAITING) or ()),
        home_province=province,
        handling_province=found.get(HANDLING_PROVINCE) or "",
        status=execution.status.name.lower() if execution.status else "",
        workflow_id=execution.id,
        started_at=execution.start_time.isoformat(),
    )


class Cases:
    """All cases that these connections can reach."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def _client(self, province: str) -> Client:
        return await self._connections.client(province)

    async def find(self, ref: str) -> tuple[str, WorkflowHandle[object, object]]:
        """Return the home province and the workflow of a case.

        Args:
            ref: A case number or a workflow id (`case/PORTAL/REFERENCE`).

        Raises:
            NotFoundError: there is no such case.
        """
        if ref.startswith("case/") and ref.count("/") == 2:
            province = self._connections.topology.of_portal(ref.split("/")[1]).code
            handle = (await self._client(province)).get_workflow_handle(ref)
            try:
                await handle.describe()
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                raise NotFoundError(f"no case {ref} in province {province}") from error
            return province, handle
        match = CASE_NO_FORM.match(ref)
        if match is None:
            raise NotFoundError(
                f"{ref} is neither a case number (440000-20261123-ABCDEFGH) nor a workflow id "
                "(case/PORTAL/REFERENCE)",
                "`kuasheng case list` shows both",
            )
        province = self._connections.topology.province(match[1]).code
        client = await self._client(province)
        deadline = asyncio.get_running_loop().time() + VISIBILITY_LAG
        while True:
            async for found in client.list_workflows(f"CaseNo = '{ref}'"):
                if found.id.startswith("case/"):
                    return province, client.get_workflow_handle(found.id)
            if asyncio.get_running_loop().time() > deadline:
                raise NotFoundError(f"no case {ref} in province {province}")
            await asyncio.sleep(0.1)

    async def listed(self, provinces: Iterable[Province]) -> AsyncIterator[CaseRow]:
        """Yield the cases that live in these provinces, province by province.

        A province that this server does not serve has none.
        """
        served = await self.served()
        for province in provinces:
            if province.namespace not in served:
                continue
            client = await self._client(province.code)
            async for found in client.list_workflows("CaseNo IS NOT NULL"):
                if found.id.startswith("case/"):
                    yield row_of(found, province.code)

    async def served(self) -> frozenset[str]:
        """Return the namespaces that the server has; other provinces have no cases here."""
        names: set[str] = set()
        token = b""
        while True:
            page = await self._connections.service.workflow_service.list_namespaces(
                ListNamespacesRequest(page_size=100, next_page_token=token)
            )
            names.update(found.namespace_info.name for found in page.namespaces)
            token = page.next_page_token
            if not token:
                return frozenset(names)

    async def view(self, ref: str) -> CaseView:
        """Return a case's stage, awaiting and timeline over all its places."""
        province, handle = await self.find(ref)
        return await self.ask(province, handle, CaseView)

    async def ask(self, province: str, handle: WorkflowHandle[object, object], gives: type[M]) -> M:
        """Return what one workflow of a province says of itself, in the model asked for.

        Raises:
            ActRefusedError: it cannot be asked.
            NotFoundError: there is no such workflow.
            UnreachableError: no worker answers.
        """
        return await self._query(province, handle, QUERY_VIEW, gives)

    async def subject(self, ref: str) -> Subject:
        """Return what every document of a case is about; it names the applicant."""
        province, handle = await self.find(ref)
        return await self._query(province, handle, QUERY_SUBJECT, Subject)

    async def _query(
        self, province: str, handle: WorkflowHandle[object, object], name: str, gives: type[M]
    ) -> M:
        try:
            answer: M = await handle.query(name, result_type=gives, rpc_timeout=QUERY_TIMEOUT)
        except WorkflowQueryFailedError as error:
            raise ActRefusedError(f"case {handle.id}: {error}") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotFoundError(f"no workflow {handle.id} in province {province}") from error
            raise UnreachableError(
                f"no worker of province {province} answers: {handle.id} waits",
                f"start one with `python worker.py --province {province}`",
            ) from error
        return answer

    async def open_tasks(self, ref: str) -> tuple[CaseView, list[Target]]:
        """Return a case and its open tasks at home and at every handling place."""
        home, *others = await self._sites(ref)
        return home.view, _targets(home, others)

    async def _sites(self, ref: str) -> list[Site]:
        """Return the case's workflows with their views, the home's first."""
        home, handle = await self.find(ref)
        view = await self.ask(home, handle, CaseView)
        sites = [Site(province=home, workflow_id=handle.id, view=view)]
        for place, province in view.places.items():
            workflow_id = handling_workflow_id(view.case_no, place)
            there = (await self._client(province)).get_workflow_handle(workflow_id)
            try:
                handling = await self.ask(province, there, CaseView)
            except NotFoundError:
                continue
            sites.append(Site(province=province, workflow_id=workflow_id, view=handling))
        return sites

    async def act(
        self, ref: str, act: str, make: Callable[[str, int], AnyCommand], task: str = ""
    ) -> CommandAnswer:
        """Do an official act (or the applicant's) on the open task that takes it.

        Every officer's task takes the operations (签领, 转办, 特别程序 and so on).

        Args:
            ref: Case number or workflow id.
            act: The act, as its command names it: accept, decide, review, claim and so on.
            make: Makes the command from the task's id and revision.
            task: The task's id, when several are open that take this act.

        Raises:
            ActRefusedError: no open task takes the act, or several take this operation, the task
                has moved on, or the officer may not act on it.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        home, *others = await self._sites(ref)
        answer = _answered((home, *others), make("", 0).command_id)
        if answer is None:
            targets = _targets(home, others)
            target = _chosen(home.view, targets, act, task)
            command = make(target.row.task, target.row.task_rev)
            client = await self._client(target.province)
            answer = await self.send(client, target.workflow_id, command)
        if not answer.done:
            raise ActRefusedError(f"{act} refused", answer.message)
        return answer

    async def say(self, ref: str, command: WithdrawCommand | UrgeCommand) -> CommandAnswer:
        """Record what the applicant says to the case as a whole: 撤回 or 催办.

        Raises:
            ActRefusedError: it is too late, or too often.
            UnreachableError: not yet accepted; the same command id may be sent again.
        """
        home, handle = await self.find(ref)
        client = await self._client(home)
        return await self.send(client, handle.id, command)

    async def send(self, client: Client, workflow_id: str, command: AnyCommand) -> CommandAnswer:
        """Send one command and return its answer, which may say that it was not done.

        Raises:
            ActRefusedError: the workflow refused it at once.
            UnreachableError: not yet accepted.
        """
        handle = client.get_workflow_handle(workflow_id)
        try:
            answer: CommandAnswer = await handle.execute_update(
                UPDATE_ACT,
                CommandEnvelope(command=command),
                id=command.command_id,
                result_type=CommandAnswer,
                rpc_timeout=UPDATE_TIMEOUT,
            )
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            text = cause.message if isinstance(cause, ApplicationError) else str(cause)
            raise ActRefusedError(f"{command.act} refused", text) from error
        except (WorkflowUpdateRPCTimeoutOrCancelledError, RPCError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                provinces = {p.namespace: p.code for p in self._connections.topology.provinces}
                view = await self.ask(provinces[client.namespace], handle, Standing)
                if command.command_id in view.answers:
                    return view.answers[command.command_id]
                raise ActRefusedError(
                    f"{workflow_id} is closed", "nothing can be done to it"
                ) from error
            raise UnreachableError(
                f"not yet accepted: no worker answers for {workflow_id}",
                f"repeat it with --command-id {command.command_id}; it can never count twice",
            ) from error
        return answer


def _targets(home: Site, others: Iterable[Site]) -> list[Target]:
    """Return the open tasks; the home's view repeats those of the other places."""
    rows = [(home, r) for r in home.view.awaiting if r.place not in home.view.places]
    rows += [(site, row) for site in others for row in site.view.awaiting]
    return [
        Target(province=site.province, workflow_id=site.workflow_id, row=row)
        for site, row in rows
        if row.task
    ]


def _chosen(view: CaseView, targets: Iterable[Target], act: str, task: str) -> Target:
    """Return the task that an act is for.

    Raises:
        ActRefusedError: there is none, or it is an operation and there are several.
    """
    operation = act in OPERATIONS
    fitting = [
        target
        for target in targets
        if task in ("", target.row.task)
        and (target.row.role not in (APPLICANT, SYSTEM) if operation else act in target.row.acts)
    ]
    if not fitting:
        raise ActRefusedError(f"case {view.case_no} has no open task for {act}", _what_waits(view))
    if operation and len(fitting) > 1:
        names = "、".join(f"{target.row.task} ({target.row.what})" for target in fitting)
        raise ActRefusedError(f"several tasks are open: {names}", "name one with --task")
    return fitting[0]


def _answered(sites: Iterable[Site], command_id: str) -> CommandAnswer | None:
    """Return the answer that a command got before, also if Temporal no longer knows its update."""
    return next((s.view.answers[command_id] for s in sites if command_id in s.view.answers), None)


def _what_waits(view: CaseView) -> str:
    if view.closed:
        return f"it is closed ({view.outcome})"
    rows = "; ".join(f"{row.unit} ({row.province}): {row.what}" for row in view.awaiting)
    return f"it is {view.stage} and waits for: {rows or 'its next step'}"
