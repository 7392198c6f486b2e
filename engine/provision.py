"""What a Temporal server must have before cases can run there; every call may be repeated.

A namespace, a Nexus endpoint and the search attributes for each province; 90 days' retention; and,
in the namespace's own data, the ids of the keys that its payloads are encrypted under, so that a
process with other keys is told so before it does anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig, UpdateNamespaceInfo
from temporalio.api.nexus.v1 import Endpoint, EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    CreateNexusEndpointRequest,
    ListNexusEndpointsRequest,
    ListSearchAttributesRequest,
    UpdateNexusEndpointRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    ListNamespacesRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.service import RPCError, RPCStatusCode, ServiceClient

from engine.keys import Keyring, ensure_keys
from engine.topology import Province
from errors import SettingsError
from workflows.search import SEARCH_ATTRIBUTES

RETENTION = timedelta(days=90)
"""How long a closed case's history stays on the server."""

KEY_MARK = "kuasheng-key."
"""Prefix of the entries in a namespace's data that name the keys in use there."""

PAGE = 200

LANES = 8
"""Provinces at a time: with more, the server's rate limit makes it slower."""

VISIBLE_SECONDS = 15.0
"""How long a production server's caches may take to learn of a new namespace."""


async def provision(
    service: ServiceClient, provinces: Sequence[Province], folder: Path
) -> tuple[str, ...]:
    """Create what is missing and repair what differs, for these provinces.

    Args:
        service: A connection to the server.
        provinces: Whose namespaces, endpoints and search attributes are wanted.
        folder: The folder of the keys; missing keys are made.

    Returns:
        One line for every change; empty when all was in place.

    Raises:
        SettingsError: A namespace was used with keys that are not in the folder, or holds a search
            attribute of another type. No namespace was changed by the refused province.
    """
    ensure_keys(folder, provinces)
    # Listed, not described one by one: a server remembers for a while that a name was not found.
    namespaces = await _namespaces(service)
    endpoints = await _endpoints(service)
    lanes = asyncio.Semaphore(LANES)

    async def one(province: Province) -> list[str]:
        async with lanes:
            return await _province(
                service,
                province,
                Keyring.for_province(folder, province),
                namespaces.get(province.namespace),
                endpoints.get(province.endpoint),
            )

    changes = await asyncio.gather(*map(one, provinces))
    return tuple(line for lines in changes for line in lines)


async def claim_keys(
    service: ServiceClient, province: Province, keyring: Keyring
) -> tuple[str, ...]:
    """Check that a process holds every key its namespace was used with; record new ones.

    Returns:
        One line for every key that was recorded.

    Raises:
        SettingsError: A key is missing, or the namespace does not exist.
    """
    try:
        found = await service.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=province.namespace), retry=True
        )
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        raise SettingsError(
            f"Temporal has no namespace {province.namespace}",
            "start it with `kuasheng up`, or set TEMPORAL_ADDRESS to the server that has it",
        ) from error
    return await _claim(service, province, keyring, found)


async def set_retention(service: ServiceClient, namespace: str) -> None:
    """Keep closed histories of a namespace for `RETENTION`."""
    await service.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=_duration(RETENTION)),
        ),
        retry=True,
    )


async def _province(
    service: ServiceClient,
    province: Province,
    keyring: Keyring,
    namespace: DescribeNamespaceResponse | None,
    endpoint: Endpoint | None,
) -> list[str]:
    changes = [
        *await _namespace(service, province, keyring, namespace),
        *await _visible(lambda: _search_attributes(service, province)),
        *await _visible(lambda: _endpoint(service, province, endpoint)),
    ]
    return [f"{province.resource}: {change}" for change in changes]


async def _visible(call: Callable[[], Awaitable[Sequence[str]]]) -> Sequence[str]:
    """Repeat a call until every part of the server has heard of a namespace just registered."""
    deadline = asyncio.get_running_loop().time() + VISIBLE_SECONDS
    while True:
        try:
            return await call()
        except RPCError as error:
            unheard = error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION}
            if not unheard or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.05)


async def _namespaces(service: ServiceClient) -> dict[str, DescribeNamespaceResponse]:
    found: dict[str, DescribeNamespaceResponse] = {}
    token = b""
    while True:
        page = await service.workflow_service.list_namespaces(
            ListNamespacesRequest(page_size=PAGE, next_page_token=token), retry=True
        )
        found |= {each.namespace_info.name: each for each in page.namespaces}
        token = page.next_page_token
        if not token:
            return found


async def _namespace(
    service: ServiceClient,
    province: Province,
    keyring: Keyring,
    found: DescribeNamespaceResponse | None,
) -> tuple[str, ...]:
    if found is None:
        await service.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=province.namespace,
                description=province.name,
                workflow_execution_retention_period=_duration(RETENTION),
                data={KEY_MARK + name: "in use" for name in keyring.ids},
            ),
            retry=True,
        )
        return ("namespace created",)
    changes = await _claim(service, province, keyring, found)
    if found.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION:
        return changes
    await set_retention(service, province.namespace)
    return (*changes, f"retention set to {RETENTION.days} days")


async def _claim(
    service: ServiceClient,
    province: Province,
    keyring: Keyring,
    found: DescribeNamespaceResponse,
) -> tuple[str, ...]:
    used = {
        name.removeprefix(KEY_MARK)
        for name in found.namespace_info.data
        if name.startswith(KEY_MARK)
    }
    missing = sorted(used.difference(keyring.ids))
    if missing:
        owner = missing[0].rpartition("-")[0]
        raise SettingsError(
            f"namespace {province.namespace} was used with key {missing[0]}, "
            f"but {keyring.folder} holds {', '.join(keyring.ids)}",
            f"restore {owner}.json there, or point --data to the folder that has it",
        )
    new = [name for name in keyring.ids if name not in used]
    if new:
        await service.workflow_service.update_namespace(
            UpdateNamespaceRequest(
                namespace=province.namespace,
                update_info=UpdateNamespaceInfo(
                    description=found.namespace_info.description,
                    owner_email=found.namespace_info.owner_email,
                    data={KEY_MARK + name: "in use" for name in new},
                ),
            ),
            retry=True,
        )
    return tuple(f"key {name} recorded" for name in new)


async def _search_attributes(service: ServiceClient, province: Province) -> list[str]:
    wanted = {
        key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in SEARCH_ATTRIBUTES
    }
    listed = await service.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=province.namespace), retry=True
    )
    there = dict(listed.custom_attributes)
    for name, kind in wanted.items():
        if there.get(name, kind) != kind:
            raise SettingsError(
                f"search attribute {name} of {province.namespace} is "
                f"{IndexedValueType.Name(there[name])}, not {IndexedValueType.Name(kind)}",
                f"remove it with `temporal operator search-attribute remove --name {name}`",
            )
    missing = {name: kind for name, kind in wanted.items() if name not in there}
    if missing:
        await service.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=province.namespace, search_attributes=missing),
            retry=True,
        )
    return [f"search attribute {name} added" for name in missing]


async def _endpoints(service: ServiceClient) -> dict[str, Endpoint]:
    found: dict[str, Endpoint] = {}
    token = b""
    while True:
        page = await service.operator_service.list_nexus_endpoints(
            ListNexusEndpointsRequest(page_size=PAGE, next_page_token=token), retry=True
        )
        found |= {endpoint.spec.name: endpoint for endpoint in page.endpoints}
        token = page.next_page_token
        if not token:
            return found


async def _endpoint(
    service: ServiceClient, province: Province, found: Endpoint | None
) -> tuple[str, ...]:
    target = EndpointTarget(
        worker=EndpointTarget.Worker(namespace=province.namespace, task_queue=province.task_queue)
    )
    spec = EndpointSpec(name=province.endpoint, target=target)
    if found is None:
        await service.operator_service.create_nexus_endpoint(
            CreateNexusEndpointRequest(spec=spec), retry=True
        )
        return ("Nexus endpoint created",)
    if found.spec.target == target:
        return ()
    await service.operator_service.update_nexus_endpoint(
        UpdateNexusEndpointRequest(id=found.id, version=found.version, spec=spec), retry=True
    )
    return ("Nexus endpoint pointed to its namespace",)


def _duration(span: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(span)
    return duration
