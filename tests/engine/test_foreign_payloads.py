"""Payloads between provinces on a real server: theirs, ours, and those under foreign keys."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from ground import Stack
from letterbox import Letter, Letterbox, Note, PostOffice, Writer
from temporalio.api.enums.v1 import EventType
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, Worker

from engine.connect import client_for
from engine.converter import ENCRYPTED
from engine.keys import FEDERATION, KeyFile, Keyring
from engine.plugin import CasePlugin
from engine.workers import Capacity, WorkerPool
from workflows.search import AWAITING, CASE_NO

STRANGER = Keyring(KeyFile.new("province-510000"), KeyFile.new(FEDERATION))

ATTRIBUTES = TypedSearchAttributes(
    [
        SearchAttributePair(CASE_NO, "440000-20260101-ABCDEFGH"),
        SearchAttributePair(AWAITING, ["place:handling", "role:受理岗"]),
    ]
)


@asynccontextmanager
async def working(server: Stack, capacity: Capacity | None = None) -> AsyncIterator[None]:
    """Run the workers of two provinces, each holding its own and the federation's key only."""
    clients = await server.connections.clients(server.topology.select("440000,430000"))
    async with WorkerPool(
        clients,
        workflows=[Letterbox, Writer],
        activities=lambda _province, _client: [],
        nexus_handlers=lambda _province, _client: [PostOffice()],
        capacity=capacity or Capacity(),
    ):
        yield


async def opened(client: Client, text: str = "第一封") -> WorkflowHandle[Letterbox, list[str]]:
    """Start a letterbox in the client's province."""
    return await client.start_workflow(
        Letterbox.run,
        Note(text=text),
        id=f"letterbox-{uuid.uuid4()}",
        task_queue=client.namespace,
        search_attributes=ATTRIBUTES,
        static_summary="信箱",
        task_timeout=timedelta(seconds=1),
    )


async def written(client: Client, endpoint: str, text: str, queue: str = "") -> str:
    """Have a workflow in the client's province write to another, and return what it got."""
    return await client.execute_workflow(
        Writer.run,
        args=[endpoint, text],
        id=f"writer-{uuid.uuid4()}",
        task_queue=queue or client.namespace,
    )


def foreign(server: Stack, code: str) -> Client:
    """Return a client of a province's namespace that encrypts under keys that nobody here has."""
    return client_for(server.connections.service, server.topology.province(code), STRANGER)


def encodings(part: object) -> Iterator[str]:
    """Yield the encoding of every payload in JSON; search attributes are plain by nature."""
    if isinstance(part, dict):
        if "encoding" in part.get("metadata", ()):
            yield base64.b64decode(part["metadata"]["encoding"]).decode()
        for name, inner in part.items():
            if name != "searchAttributes":
                yield from encodings(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from encodings(inner)


async def test_a_letter_crosses_provinces_that_hold_only_their_own_keys(server: Stack) -> None:
    """Order and answer through Nexus; neither side can read the other's own payloads."""
    async with working(server):
        home = await server.connections.client("440000")
        assert await written(home, "province-430000", "协查函") == "已收到: 协查函"


async def test_a_refusal_of_the_other_province_can_be_read(server: Stack) -> None:
    """The reason in a handler's error reaches the caller's workflow, which goes on."""
    async with working(server):
        home = await server.connections.client("440000")
        assert "信件是空的" in await written(home, "province-430000", "")


async def test_every_payload_in_a_history_is_encrypted(server: Stack) -> None:
    """Input, signal, update, summary, failure, result: all but search attributes."""
    async with working(server):
        client = await server.connections.client("440000")
        box = await opened(client)
        await box.signal(Letterbox.post, Letter(text="信号"))
        assert await box.execute_update(Letterbox.hand_in, Letter(text="更新")) == 3
        await box.execute_update(Letterbox.close)
        assert await box.result() == ["第一封", "信号", "更新"]
        history = await box.fetch_history()
    found = list(encodings(history.to_json_dict()))
    assert len(found) >= 6
    assert set(found) == {ENCRYPTED.decode()}
    described = await box.describe()
    assert described.typed_search_attributes[AWAITING] == ["place:handling", "role:受理岗"]


async def test_a_history_replays_with_the_same_plugin(server: Stack) -> None:
    """Client, worker and Replayer share one plugin."""
    async with working(server):
        client = await server.connections.client("440000")
        box = await opened(client)
        await box.execute_update(Letterbox.close)
        await box.result()
        history = await box.fetch_history()
    ring = Keyring.for_province(server.settings.keys, server.topology.province("440000"))
    replayer = Replayer(workflows=[Letterbox], plugins=[CasePlugin(ring)])
    assert (await replayer.replay_workflow(history)).replay_failure is None


async def test_a_foreign_update_is_refused_and_the_case_goes_on(server: Stack) -> None:
    """The sender is told that its payload cannot be read; nothing of it is kept."""
    async with working(server):
        box = await opened(await server.connections.client("440000"))
        stranger = foreign(server, "440000").get_workflow_handle_for(Letterbox.run, box.id)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await stranger.execute_update(Letterbox.hand_in, Letter(text="外来"))
        assert isinstance(refused.value.cause, ApplicationError)
        await box.execute_update(Letterbox.close)
        assert await box.result() == ["第一封"]


@pytest.mark.parametrize("cached", [300, 0])
async def test_a_foreign_signal_is_dropped_with_a_clear_log_line(
    server: Stack, caplog: pytest.LogCaptureFixture, cached: int
) -> None:
    """The case goes on without it, also when it is replayed at every task."""
    async with working(server, Capacity(cached_workflows=cached)):
        box = await opened(await server.connections.client("440000"))
        stranger = foreign(server, "440000").get_workflow_handle_for(Letterbox.run, box.id)
        with caplog.at_level(logging.ERROR):
            await stranger.signal(Letterbox.post, Letter(text="外来"))
            assert await box.execute_update(Letterbox.hand_in, Letter(text="自家")) == 2
        assert f"payload is encrypted under key {STRANGER.active('federation')[0]}" in caplog.text
        await box.execute_update(Letterbox.close)
        assert await box.result() == ["第一封", "自家"]


async def test_a_foreign_order_is_answered_and_its_sender_goes_on(server: Stack) -> None:
    """An order under a foreign federation key: refused once, never retried, never wedged."""
    stranger = foreign(server, "430000")
    queue = f"stranger-{uuid.uuid4()}"
    async with working(server), Worker(stranger, task_queue=queue, workflows=[Writer]):
        answer = await written(stranger, "province-440000", "外来", queue)
        assert answer.startswith("refused: ")
        home = await server.connections.client("430000")
        assert await written(home, "province-440000", "自家") == "已收到: 自家"


async def test_a_case_under_a_lost_key_waits_and_ends_well_once_the_key_is_back(
    server: Stack,
) -> None:
    """The workflow task fails and says why; with the key in its place the case is done."""
    topology, service = server.topology, server.connections.service
    province = topology.province("110000")
    right = Keyring.for_province(server.settings.keys, province)
    client = client_for(service, province, right)
    box = await opened(client)
    wrong = client_for(service, province, STRANGER)
    async with Worker(wrong, task_queue=province.task_queue, workflows=[Letterbox]):
        failed = await _failed_task(box)
    assert failed == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    async with Worker(client, task_queue=province.task_queue, workflows=[Letterbox]):
        await box.execute_update(Letterbox.close)
        assert await box.result() == ["第一封"]


async def _failed_task(box: WorkflowHandle[Letterbox, list[str]]) -> EventType.ValueType:
    """Wait for the first workflow task to end, and return how it did."""
    async for event in box.fetch_history_events(wait_new_event=True):
        if event.event_type not in {
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
            EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
            EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        }:
            return event.event_type
    raise AssertionError("the workflow ended")


async def test_only_a_broken_definition_fails_a_case(server: Stack) -> None:
    """A definition error ends the workflow; a bug fails the task, and the case waits for a fix."""
    async with working(server):
        client = await server.connections.client("440000")
        with pytest.raises(WorkflowFailureError) as ended:
            await (await opened(client, "坏定义")).result()
        assert "KS001" in str(ended.value.cause)
        waiting = await opened(client, "坏程序")
        assert await _failed_task(waiting) == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        await waiting.terminate()
