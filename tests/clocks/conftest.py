"""A time-skipping server with one namespace, where months pass in seconds."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from virtual import Virtual

from activities.documents import Issuer
from activities.duplicates import DuplicateActivities
from activities.officers import load_officers
from activities.registry import build, of_province
from compiler.calendars import load_calendar
from engine.keys import Keyring, ensure_keys, purpose_keys
from engine.plugin import CasePlugin
from engine.serve import serve
from engine.settings import EMBEDDED_TEMPO, Settings
from engine.topology import Province, Topology
from engine.workers import WorkerPool
from gateways.registry import GATEWAYS, Gateways
from gateways.sandbox.app import create_app
from gateways.sandbox.store import SandboxStore
from ledger.database import open_database
from worker import WORKFLOWS
from workflows.search import SEARCH_ATTRIBUTES

TEST_SERVER = Path(sys.executable).parent / "temporal-test-server"


@pytest.fixture(scope="session")
async def virtual(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Virtual]:
    """A province's worker on a time-skipping server, with the sandbox on a real socket."""
    folder = tmp_path_factory.mktemp("virtual")
    settings = Settings.load(data=folder).model_copy(update={"tempo": EMBEDDED_TEMPO})
    topology = Topology.load(settings.topology)
    province = topology.province("440000")
    ensure_keys(settings.keys, [province])
    store = SandboxStore(folder / "sandbox")
    async with (
        serve(create_app(store)) as url,
        Gateways(dict.fromkeys(GATEWAYS, url)) as gateways,
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=str(TEST_SERVER)
        ) as env,
    ):
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=env.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type)
                    for key in SEARCH_ATTRIBUTES
                },
            )
        )
        keyring = Keyring.for_province(settings.keys, province)
        client = Client(
            env.client.service_client,
            namespace=env.client.namespace,
            plugins=[CasePlugin(keyring)],
        )
        registers = open_database(settings.database_url)
        shared = build(
            load_officers(settings.officers),
            gateways,
            load_calendar(),
            Issuer.of(registers),
            DuplicateActivities.of(registers, partial(purpose_keys, settings.keys, "duplicates")),
        )
        clients: dict[Province, Client] = {province: client}
        async with WorkerPool(
            clients,
            workflows=WORKFLOWS,
            activities=lambda _province, client: [*shared, *of_province(client)],
            nexus_handlers=lambda _province, _client: [],
        ):
            yield Virtual(env, client, topology, settings.with_gateways(url))
    store.close()
