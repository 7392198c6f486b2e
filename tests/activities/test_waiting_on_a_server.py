"""Waiting for outside systems on a real server: it adds nothing to the history."""

import datetime as dt
import sys
from pathlib import Path

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.officers import Officers
from activities.registry import build
from compiler.applicant import Applicant
from compiler.calendars import load_calendar
from gateways.registry import GATEWAYS, Gateways
from gateways.sandbox.faults import Fault
from gateways.sandbox.process import running
from gateways.sandbox.services import Behaviour
from ledger.database import open_database
from workflows.contracts import BOOK_PARCEL, TRACK_PARCEL, Parcel, ParcelRequest, TrackRequest

SERVER = Path(sys.executable).parent / "temporal"
CASE = "440000-20260301-ONSERVER"


@workflow.defn
class OneParcel:
    """Books a parcel and waits until it has been picked up."""

    @workflow.run
    async def run(self) -> Parcel:
        request = ParcelRequest(
            key="case/portal/ref/deliver", case_no=CASE, leg="deliver", sender="公安机关",
            recipient=Applicant(kind="individual", name="欧阳测试娟"),
        )  # fmt: skip
        bound = dt.timedelta(seconds=20)
        booked = await workflow.execute_activity(
            BOOK_PARCEL.name, request, result_type=Parcel, start_to_close_timeout=bound
        )
        moved: Parcel = await workflow.execute_activity(
            TRACK_PARCEL.name,
            TrackRequest(waybill=booked.waybill, known=booked.state, poll=0.1),
            result_type=Parcel,
            start_to_close_timeout=bound,
        )
        return moved


async def test_a_pending_booking_and_a_slow_parcel_add_no_events(tmp_path: Path) -> None:
    """Booked once through a 202, looked at many times: two activities stand in the history."""
    server = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SERVER), data_converter=pydantic_data_converter
    )
    registers = open_database("sqlite://")
    with running(tmp_path, Behaviour(pace=3)) as sandbox:
        sandbox.misbehave(Fault(path="/courier", kind="pending"))
        async with (
            server,
            Gateways(dict.fromkeys(GATEWAYS, sandbox.url)) as gateways,
            Worker(
                server.client,
                task_queue="q",
                workflows=[OneParcel],
                activities=build(
                    Officers(officers=()),
                    gateways,
                    load_calendar(),
                    Issuer.of(registers),
                    DuplicateActivities.of(registers, lambda: (b"key",)),
                ),
                workflow_runner=UnsandboxedWorkflowRunner(),
            ),
        ):
            handle = await server.client.start_workflow(OneParcel.run, id="one", task_queue="q")
            parcel = await handle.result()
            history = await handle.fetch_history()
        requests = [(r["method"], r["status"]) for r in sandbox.requests()]
        parcels = sandbox.parcels(CASE)
    assert parcel.state == "picked_up"
    assert requests[:2] == [("POST", 202), ("GET", 200)]
    assert len(requests) >= 5
    assert [p["waybill"] for p in parcels] == [parcel.waybill]
    scheduled = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    assert [e.event_type for e in history.events].count(scheduled) == 2
    assert len(history.events) == 17
