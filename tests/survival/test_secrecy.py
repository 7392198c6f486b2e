"""The applicant's name and ID number lie nowhere in clear."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from disk_scan import base64_cores, forms, found_in, payloads
from drill import AWAY, HOME, ID_NUMBER, NAME, Drill, Stage, staged
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from cli import acts
from engine.converter import ENCRYPTED
from engine.settings import Settings
from errors import ActRefusedError
from gateways.sandbox.faults import Fault

pytestmark = pytest.mark.xdist_group("survival-430000")

PERSON = (NAME, ID_NUMBER)
DATABASE = {"temporal.db", "temporal.db-wal", "temporal.db-shm"}
LOGS = {"temporal.log", f"worker-{HOME}.log", f"worker-{AWAY}.log"}

BOOKKEEPING = ".marker_recorded_event_attributes.details[data].payloads"
BOOKED = {
    *("seq", "attempt", "activity_id", "activity_type", "complete_time", "backoff"),
    *("original_schedule_time", "activation_index"),
}
"""What the SDK's core notes about a local activity goes round every codec: just these numbers."""


@dataclass(frozen=True)
class Told:
    """What a server and its folder tell about one case that went through."""

    files: set[str]
    found: dict[str, set[str]]
    payloads: dict[str, list[tuple[str, Payload]]]
    in_clear: dict[str, bytes]
    """By province: the workflow's id and search attributes."""


@asynccontextmanager
async def case_with_troubles(settings: Settings) -> AsyncIterator[tuple[Stage, Drill]]:
    """Bring a case to its end over all that makes programs talk: failures, refusals, a crash."""
    async with staged(settings) as stage:
        await stage.misbehave(Fault(path="/identity/checks", kind="fail"))
        await stage.misbehave(
            Fault(path="/identity/checks", kind="refuse", reason=f"{NAME} {ID_NUMBER}")
        )
        drill = await stage.file()
        await drill.until(lambda view: any(r.acts for r in view.awaiting), "the refusal", HOME)
        await drill.cases.act(drill.started.workflow_id, "resolve", acts.resolve(f"{HOME}-clerk"))
        await drill.task("accept")
        with pytest.raises(ActRefusedError):
            await drill.cases.act(drill.case_no, "accept", acts.accept("110000-acceptor"))
        await stage.killed(AWAY)
        await drill.finish()
        yield stage, drill


async def tell(settings: Settings) -> Told:
    """Run a case and tell what can be seen of it without any key."""
    async with case_with_troubles(settings) as (stage, drill):
        seen: dict[str, list[tuple[str, Payload]]] = {}
        in_clear: dict[str, bytes] = {}
        for province in (HOME, AWAY):
            known = await drill.handle(province)
            await known.result()
            plain = Client(stage.stack.connections.service, namespace=f"province-{province}")
            handle = plain.get_workflow_handle(known.id)
            history = await handle.fetch_history()
            seen[province] = [row for event in history.events for row in payloads(event)]
            about = await handle.describe()
            info = about.raw_description.workflow_execution_info
            in_clear[province] = about.id.encode() + info.search_attributes.SerializeToString()
        found = await asyncio.to_thread(found_in, settings.data, PERSON)
        files = {path.name for path in settings.data.iterdir()}
        return Told(files, found, seen, in_clear)


async def test_nothing_personal_lies_in_clear(tmp_path: Path, quick_catalogue: Path) -> None:
    """Not in the database, its WAL, a log, the sandbox's folder, an id or a search attribute."""
    told = await tell(Settings.load(data=tmp_path, matters=quick_catalogue))
    assert told.files >= DATABASE | LOGS | {"sandbox"}
    assert told.found == {NAME: set(), ID_NUMBER: set()}
    for province in (HOME, AWAY):
        assert b"CaseNo" in told.in_clear[province]
        assert not [f for text in PERSON for f in forms(text) if f in told.in_clear[province]]
        rows = told.payloads[province]
        assert len(rows) > 20
        clear = [row for row in rows if row[1].metadata["encoding"] != ENCRYPTED]
        assert {path for path, _ in clear} <= {BOOKKEEPING}
        assert all(set(json.loads(each.data)) == BOOKED for _, each in clear)


async def test_the_same_scan_finds_a_person_when_the_codec_is_off(
    tmp_path: Path, quick_catalogue: Path
) -> None:
    """So the scan can find what it looks for, in the database and in the histories."""
    told = await tell(Settings.load(data=tmp_path, matters=quick_catalogue, codec=False))
    for text in PERSON:
        assert told.found[text] & DATABASE
        for province in (HOME, AWAY):
            assert any(text.encode() in each.data for _, each in told.payloads[province])
    kinds = {each.metadata["encoding"] for rows in told.payloads.values() for _, each in rows}
    assert ENCRYPTED not in kinds


@pytest.mark.parametrize("text", PERSON)
def test_a_text_is_found_in_every_form_and_place(text: str) -> None:
    """Wherever in a longer text it stands, base64 of the whole holds one of its forms."""
    for before in range(6):
        whole = base64.b64encode(b"x" * before + text.encode() + b"tail")
        assert any(core in whole for core in base64_cores(text.encode()))
