"""A worker with a wrong key, and workers with no more keys than they need."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest
from drill import AWAY, HOME, Stage

from engine.keys import KeyFile
from engine.processes import WORKER, WorkerProcess

pytestmark = pytest.mark.xdist_group("survival-440000")


async def test_a_wrong_key_is_one_clear_line_and_nothing_is_lost(stage: Stage) -> None:
    """The worker ends with exit code 2; with the right key back the case goes on and closes."""
    drill = await stage.file()
    await drill.task("accept")
    await stage.workers[HOME].stop()
    path = stage.stack.settings.keys / f"province-{HOME}.json"
    right, wrong = KeyFile.load(path), KeyFile.new(f"province-{HOME}")
    wrong.save(path)
    try:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, str(WORKER), "--province", HOME),
            *("--data", str(stage.stack.settings.data)),
            env={**os.environ, "TEMPORAL_ADDRESS": stage.stack.server.address},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(worker.communicate(), 30)
    finally:
        right.save(path)
    federation = KeyFile.load(path.with_name("federation.json")).active
    assert (worker.returncode, out) == (2, b"")
    assert err.decode() == (
        f"error: namespace province-{HOME} was used with key {right.active}, "
        f"but {path.parent} holds {wrong.active}, {federation}: "
        f"restore province-{HOME}.json there, or point --data to the folder that has it\n"
    )
    await stage.workers[HOME].start()
    await drill.assert_once(await drill.finish(), stage.sandbox)


async def test_a_worker_needs_its_own_key_and_the_federations_only(
    stage: Stage, tmp_path: Path
) -> None:
    """Each province's worker has a data folder with these two files, and the case goes through."""
    lean: list[WorkerProcess] = []
    for province in (HOME, AWAY):
        await stage.workers[province].stop()
        data = tmp_path / province
        (data / "keys").mkdir(parents=True)
        for name in (f"province-{province}.json", "federation.json"):
            shutil.copy(stage.stack.settings.keys / name, data / "keys")
        settings = stage.stack.settings.model_copy(update={"data": data})
        lean.append(WorkerProcess([province], stage.stack.server.address, settings))
    try:
        await asyncio.gather(*(worker.start() for worker in lean))
        drill = await stage.file()
        await drill.assert_once(await drill.finish(), stage.sandbox)
    finally:
        await asyncio.gather(*(worker.stop() for worker in lean))
        await asyncio.gather(*(worker.start() for worker in stage.workers.values()))
