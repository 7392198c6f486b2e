"""Recorded cases keep replaying: no change of workflow code changes what it would have done."""

from __future__ import annotations

from pathlib import Path

import pytest
from record import HERE, KEYS, SCRIPTS, record
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from engine.keys import Keyring
from engine.plugin import CasePlugin
from engine.settings import Settings
from engine.topology import Topology
from engine.workers import Capacity
from worker import WORKFLOWS

HOMES = {"collect.home": "440000", "joint.home": "440000", "online.home": "440000"}
AWAY = {"collect.handling": "430000", "joint.out": "430000", "online.handling": "110000"}
PROVINCE = {**HOMES, **AWAY}


def replayer(province: str) -> Replayer:
    """Return a replayer with the committed test key of a province."""
    topology = Topology.load(Settings.load().topology)
    keyring = Keyring.for_province(KEYS, topology.province(province))
    return Replayer(workflows=WORKFLOWS, plugins=[CasePlugin(keyring)])


@pytest.mark.parametrize("name", sorted(PROVINCE))
async def test_a_golden_history_replays(name: str) -> None:
    """Every recorded side of the three cases replays with today's workflow code."""
    text = (HERE / f"{name}.json").read_text("utf-8")
    workflow_id = f"golden/{name}"
    history = WorkflowHistory.from_json(workflow_id, text)
    assert len(history.events) > 20
    await replayer(PROVINCE[name]).replay_workflow(history)


def test_every_case_of_the_demo_has_golden_histories() -> None:
    """Both sides of each case are there, and nothing else."""
    assert {path.stem for path in HERE.glob("*.json")} == set(PROVINCE)
    assert {name.split(".")[0] for name in PROVINCE} == set(SCRIPTS)


@pytest.mark.xdist_group("histories")
async def test_cases_run_with_the_cache_off_and_their_histories_replay(tmp_path: Path) -> None:
    """With no cached workflow every task replays from the first event; the outcome is the same."""
    recorded = await record(tmp_path / "stack", Capacity(cached_workflows=0))
    assert set(recorded) == set(PROVINCE)
    for name, history in recorded.items():
        await replayer(PROVINCE[name]).replay_workflow(history)
