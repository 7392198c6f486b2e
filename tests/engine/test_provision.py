"""Provisioning: what is on the server afterwards, and who is refused."""

from __future__ import annotations

import shutil
import socket
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from ground import PROVINCES, Stack
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    ListNexusEndpointsRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    ListNamespacesRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)

from engine.connect import CONNECT_SECONDS, Connections, connect
from engine.embedded import free_port
from engine.keys import ensure_keys, rotate
from engine.provision import provision
from errors import SettingsError, UnreachableError
from workflows.search import SEARCH_ATTRIBUTES

BUDGET = {
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: 10,
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: 3,
    IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: 3,
}
"""Custom search attributes that a namespace has room for with SQL visibility."""


async def _retention(server: Stack) -> dict[str, timedelta]:
    listed = await server.connections.service.workflow_service.list_namespaces(
        ListNamespacesRequest(page_size=100)
    )
    return {
        each.namespace_info.name: each.config.workflow_execution_retention_ttl.ToTimedelta()
        for each in listed.namespaces
        if each.namespace_info.name != "temporal-system"  # Temporal's own
    }


async def test_every_namespace_keeps_histories_for_90_days(server: Stack) -> None:
    """Also the one that start-dev makes by itself."""
    kept = await _retention(server)
    names = {province.namespace for province in server.topology.select(PROVINCES)}
    assert names | {"default"} <= set(kept)
    assert {kept[name] for name in (*names, "default")} == {timedelta(days=90)}


async def test_search_attributes_are_there_and_within_the_servers_budget(server: Stack) -> None:
    """Every one of the list, with its type, in every province."""
    wanted = {key.name: int(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
    kinds = Counter(wanted.values())
    assert all(kinds[kind] <= BUDGET[kind] for kind in kinds)
    for province in server.topology.select(PROVINCES):
        listed = await server.connections.service.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=province.namespace)
        )
        assert wanted.items() <= dict(listed.custom_attributes).items()


async def test_every_province_has_its_nexus_endpoint(server: Stack) -> None:
    """Name, namespace and queue are the province's."""
    listed = await server.connections.service.operator_service.list_nexus_endpoints(
        ListNexusEndpointsRequest(page_size=100)
    )
    targets = {endpoint.spec.name: endpoint.spec.target.worker for endpoint in listed.endpoints}
    for province in server.topology.select(PROVINCES):
        target = targets[province.endpoint]
        assert (target.namespace, target.task_queue) == (province.namespace, province.task_queue)


async def test_provisioning_again_changes_nothing(server: Stack) -> None:
    """Idempotent: no line, so no call that writes."""
    again = await provision(
        server.connections.service, server.topology.select(PROVINCES), server.settings.keys
    )
    assert again == ()


async def test_a_short_retention_is_repaired(server: Stack) -> None:
    """A namespace that `temporal operator namespace create` made with 24 h gets its 90 days."""
    service, [province] = server.connections.service, server.topology.select("500000")
    await service.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=province.namespace,
            workflow_execution_retention_period=Duration(seconds=86400),
        )
    )
    changes = await provision(service, [province], server.settings.keys)
    assert "province-500000: retention set to 90 days" in changes
    assert (await _retention(server))[province.namespace] == timedelta(days=90)
    await service.workflow_service.update_namespace(
        UpdateNamespaceRequest(
            namespace=province.namespace,
            config=NamespaceConfig(workflow_execution_retention_ttl=Duration(seconds=86400)),
        )
    )
    assert await provision(service, [province], server.settings.keys) == (
        "province-500000: retention set to 90 days",
    )


async def test_another_key_than_the_namespaces_is_refused_and_changes_nothing(
    server: Stack, tmp_path: Path
) -> None:
    """A wrong key never gets as far as a payload: one line that says which file to restore."""
    service, [province] = server.connections.service, server.topology.select("110000")
    wrong = server.settings.model_copy(update={"data": tmp_path})
    with pytest.raises(SettingsError) as refused:
        await provision(service, [province], wrong.keys)
    message = str(refused.value)
    assert message.startswith("namespace province-110000 was used with key ")
    assert f"but {wrong.keys} holds province-110000-" in message
    assert "\n" not in message
    with pytest.raises(SettingsError, match=r"^namespace province-110000 was used with key"):
        await Connections(service, server.topology, wrong).client("110000")
    assert await provision(service, [province], server.settings.keys) == ()


async def test_a_rotated_key_is_recorded_and_from_then_on_needed(
    server: Stack, tmp_path: Path
) -> None:
    """Whoever connects first with the new key records it; an old copy of the keys is refused."""
    service, [province] = server.connections.service, server.topology.select("510000")
    await provision(service, [province], server.settings.keys)
    old = server.settings.model_copy(update={"data": tmp_path})
    shutil.copytree(server.settings.keys, old.keys)
    new = rotate(server.settings.keys, province.resource)
    await Connections(service, server.topology, server.settings).client(province.code)
    with pytest.raises(SettingsError, match=f"was used with key {new}, but {old.keys} holds"):
        await Connections(service, server.topology, old).client(province.code)


async def test_a_namespace_that_does_not_exist_is_named(server: Stack) -> None:
    """A client does not make namespaces; it says which one is missing."""
    ensure_keys(server.settings.keys, server.topology.select("220000"))
    with pytest.raises(
        SettingsError, match=r"^Temporal has no namespace province-220000: start it"
    ):
        await server.connections.client("220000")


async def _refused(server: Stack, monkeypatch: pytest.MonkeyPatch, address: str) -> float:
    """Try to connect to where no Temporal is; return how many seconds that took to find out."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    began = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        await connect(server.topology, "440000", server.settings)
    assert str(caught.value) == (
        f"Temporal at {address} does not answer: "
        "start it with `kuasheng up`, or set TEMPORAL_ADDRESS"
    )
    return time.monotonic() - began


async def test_a_temporal_that_is_not_there_is_told_at_once(
    server: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connection refused: one line, no traceback."""
    assert await _refused(server, monkeypatch, f"localhost:{free_port()}") < CONNECT_SECONDS


async def test_a_temporal_that_is_silent_is_given_up_after_seconds(
    server: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        assert await _refused(server, monkeypatch, address) < CONNECT_SECONDS + 2


async def test_a_profile_that_does_not_exist_is_a_settings_error(
    server: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`TEMPORAL_PROFILE` is read as the `temporal` CLI reads it."""
    monkeypatch.setenv("TEMPORAL_PROFILE", "nowhere")
    with pytest.raises(SettingsError, match=r"^temporal\.toml or its profile cannot be used"):
        await connect(server.topology, "440000", server.settings)
