"""Worker pools and what is served beside them."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from ground import Stack
from letterbox import Letterbox, Note
from temporalio import activity
from temporalio.api.common.v1 import Payloads
from temporalio.client import Client

from engine.codec_endpoint import codec_endpoint
from engine.connect import client_for
from engine.keys import Keyring
from engine.plugin import data_converter
from engine.serve import serve
from engine.topology import Province
from engine.workers import WorkerPool, stop_on_signals
from errors import SettingsError, UnreachableError


async def test_a_pool_drains_on_sigterm(server: Stack) -> None:
    """An activity that runs when the signal comes may finish; then the pool is done."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    @activity.defn
    async def slow() -> str:
        begun.set()
        await go_on.wait()
        return "办结"

    clients = await server.connections.clients(server.topology.select("440000"))
    pool = WorkerPool(
        clients,
        workflows=[Letterbox],
        activities=lambda _province, _client: [slow],
        nexus_handlers=lambda _province, _client: [],
    )
    [client] = clients.values()
    with stop_on_signals() as stop:
        async with pool:
            running = await client.start_activity(
                slow,
                id=f"slow-{uuid.uuid4()}",
                task_queue=client.namespace,
                start_to_close_timeout=timedelta(seconds=30),
            )
            await begun.wait()
            os.kill(os.getpid(), signal.SIGTERM)
            await pool.serve(stop)
            go_on.set()
        assert await running.result() == "办结"


async def test_a_worker_that_gives_up_is_reported(server: Stack) -> None:
    """A namespace that is not there: one line, and the pool still ends in order."""
    [nowhere] = server.topology.select("210000")
    ring = Keyring.for_province(server.settings.keys, server.topology.province("440000"))
    pool = WorkerPool(
        {nowhere: client_for(server.connections.service, nowhere, ring)},
        workflows=[Letterbox],
        activities=lambda _province, _client: [],
        nexus_handlers=lambda _province, _client: [],
    )
    async with pool:
        with pytest.raises(UnreachableError, match=r"^a worker has lost its Temporal server"):
            await pool.serve(asyncio.Event())


async def test_each_province_gets_its_own_parts(server: Stack) -> None:
    """What makes activities and handlers is told the province, and its client."""
    asked: list[tuple[str, str]] = []

    def parts(province: Province, client: Client) -> list[Any]:
        asked.append((province.code, client.namespace))
        return []

    provinces = server.topology.select("440000,430000")
    WorkerPool(
        await server.connections.clients(provinces),
        workflows=[Letterbox],
        activities=parts,
        nexus_handlers=parts,
    )
    assert asked == [(p.code, p.namespace) for p in provinces for _ in ("activities", "nexus")]


async def test_the_temporal_ui_reads_and_writes_through_the_codec_endpoint(server: Stack) -> None:
    """The namespace picks the keys; what the endpoint encodes, the province decodes."""
    guangdong, hunan = server.topology.select("440000,430000")
    rings = {
        province.namespace: Keyring.for_province(server.settings.keys, province)
        for province in (guangdong, hunan)
    }
    [note] = await data_converter(rings[guangdong.namespace]).encode([Note(text="张伟")])
    body = json_format.MessageToDict(Payloads(payloads=[note]))
    ui = "http://127.0.0.1:8233"
    async with serve(codec_endpoint(rings, ui)) as address, httpx.AsyncClient() as http:

        async def post(path: str, namespace: str, **headers: str) -> httpx.Response:
            headers["X-Namespace"] = namespace
            return await http.post(address + path, json=body, headers=headers)

        answer = await post("/decode", guangdong.namespace, Origin=ui)
        assert answer.headers["access-control-allow-origin"] == ui
        [clear] = json_format.ParseDict(answer.json(), Payloads()).payloads
        assert "张伟".encode() in clear.data

        foreign = await post("/decode", hunan.namespace)
        assert json_format.ParseDict(foreign.json(), Payloads()).payloads[0] == note

        body = json_format.MessageToDict(Payloads(payloads=[clear]))
        encoded = json_format.ParseDict(
            (await post("/encode", guangdong.namespace)).json(), Payloads()
        )
        read = await data_converter(rings[guangdong.namespace]).decode(encoded.payloads, [Note])
        assert read == [Note(text="张伟")]

        unknown = await post("/decode", "default")
        assert (unknown.status_code, unknown.text) == (404, "no keys for namespace 'default' here")


async def test_other_pages_and_other_hosts_may_not_decode(server: Stack) -> None:
    """A page of another origin gets no leave to read; a rebound host name gets nothing."""
    ring = Keyring.for_province(server.settings.keys, server.topology.province("440000"))
    app = codec_endpoint({"province-440000": ring}, "http://127.0.0.1:8233")
    async with serve(app) as address, httpx.AsyncClient() as http:
        asks = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-namespace",
        }
        preflight = await http.options(address + "/decode", headers=asks)
        assert "access-control-allow-origin" not in preflight.headers
        allowed = await http.options(
            address + "/decode", headers={**asks, "Origin": "http://localhost:8233"}
        )
        assert allowed.headers["access-control-allow-origin"] == "http://localhost:8233"
        rebound = await http.post(address + "/decode", headers={"Host": "evil.example"})
        assert rebound.status_code == 400


async def test_a_taken_port_is_a_settings_error() -> None:
    """Told before anything is served."""
    async with serve(codec_endpoint({}, "http://127.0.0.1:1")) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(SettingsError, match=rf"^port {port} is taken"):
            async with serve(codec_endpoint({}, "http://127.0.0.1:1"), port):
                pass
