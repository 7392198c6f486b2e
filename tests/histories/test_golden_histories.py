"""Recorded cases keep replaying: no change of workflow code changes what it would have done."""

from __future__ import annotations

from pathlib import Path

import pytest
from record import HERE, KEYS, NEWEST, SCRIPTS, record
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from engine.keys import Keyring
from engine.plugin import CasePlugin
from engine.settings import Settings
from engine.topology import Topology
from engine.workers import Capacity
from worker import WORKFLOWS

HOME, ONLINE = "440000", "110000"
AWAY = {"online.handling": ONLINE}
"""The province of every history that is neither at home nor in 湖南 (430000)."""

RECORDED = sorted(path.relative_to(HERE).as_posix() for path in HERE.glob("engine-*/*.json"))


def replayer(name: str) -> Replayer:
    """Return a replayer with the committed test key of a history's province."""
    topology = Topology.load(Settings.load().topology)
    province = HOME if name.endswith(".home") else AWAY.get(name, "430000")
    keyring = Keyring.for_province(KEYS, topology.province(province))
    return Replayer(workflows=WORKFLOWS, plugins=[CasePlugin(keyring)])


@pytest.mark.parametrize("path", RECORDED)
async def test_a_golden_history_replays(path: str) -> None:
    """Every recorded side of every case, of each engine, replays with today's workflow code."""
    name = Path(path).stem
    history = WorkflowHistory.from_json(f"golden/{name}", (HERE / path).read_text("utf-8"))
    assert len(history.events) > 20
    await replayer(name).replay_workflow(history)


def test_every_scripted_case_has_golden_histories_of_both_sides() -> None:
    """Of today's engine all are there, of the first one the demo's three cases."""
    newest = [path.stem for path in NEWEST.glob("*.json")]
    assert {name.split(".")[0] for name in newest} == set(SCRIPTS)
    assert len(newest) == 2 * len(SCRIPTS)
    first = {path.stem.split(".")[0] for path in (HERE / "engine-1").glob("*.json")}
    assert first == {"collect", "joint", "online"}


@pytest.mark.xdist_group("histories")
async def test_cases_run_with_the_cache_off_and_their_histories_replay(tmp_path: Path) -> None:
    """With no cached workflow every task replays from the first event; the outcome is the same."""
    recorded = await record(tmp_path / "stack", Capacity(cached_workflows=0))
    assert {name.split(".")[0] for name in recorded} == set(SCRIPTS)
    for name, history in recorded.items():
        await replayer(name).replay_workflow(history)
