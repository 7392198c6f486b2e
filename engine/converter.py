"""Values ↔ payloads: pydantic JSON, a mark on what provinces exchange, and clear key errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadConverter,
)

from engine.keys import FEDERATION
from errors import KeyUnknownError

AUDIENCE = "audience"
"""Metadata that says who must be able to read a payload; absent: its own province alone."""
ENCRYPTED = b"binary/encrypted"
KEY_ID = "encryption-key-id"


class _MarkingJson(PydanticJSONPlainPayloadConverter):
    """Pydantic JSON; values of `Federated` types are marked for the federation's key."""

    def to_payload(self, value: Any) -> Payload | None:
        payload = super().to_payload(value)
        if payload is not None and getattr(type(value), "FEDERATED", False):
            payload.metadata[AUDIENCE] = FEDERATION.encode()
        return payload


class _Undecoded(EncodingPayloadConverter):
    """What the codec had to leave encrypted: reading it is an error that names the key.

    `KeyUnknownError` is on purpose no Temporal failure: a workflow task that meets it is tried
    again until the key is there, so nothing is lost; an update is refused; a Nexus order is
    answered with BAD_REQUEST, so that the sender's workflow goes on and can tell its operator; a
    signal is dropped with this line in the log (the province that sent it repeats its messages).
    """

    holds: tuple[str, ...] = ()

    @property
    def encoding(self) -> str:
        return ENCRYPTED.decode()

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ARG002 - nothing is encoded here
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> NoReturn:  # noqa: ARG002
        raise key_unknown(payload, self.holds)


def key_unknown(payload: Payload, holds: Iterable[str]) -> KeyUnknownError:
    """Say which key a payload needs, which ones are held, and what to do."""
    needed = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
    held = tuple(holds)
    if needed in held:
        return KeyUnknownError(f"payload under key {needed} is damaged", "send it again")
    owner = needed.rpartition("-")[0]
    mine = owner in {name.rpartition("-")[0] for name in held}
    return KeyUnknownError(
        f"payload is encrypted under key {needed}, this process holds {', '.join(held)}",
        f"put the key into DIR/keys/{owner}.json"
        if mine
        else "its sender must use the federation's key for what other provinces read",
    )


class CasePayloadConverter(CompositePayloadConverter):
    """The payload converter of client, worker and Replayer; see `converter_for`."""

    holds: tuple[str, ...] = ()

    def __init__(self) -> None:
        undecoded = _Undecoded()
        undecoded.holds = self.holds
        super().__init__(
            *(
                _MarkingJson() if isinstance(each, JSONPlainPayloadConverter) else each
                for each in DefaultPayloadConverter.default_encoding_payload_converters
            ),
            undecoded,
        )


def converter_for(holds: tuple[str, ...]) -> type[PayloadConverter]:
    """Return the converter class of a process that holds these keys.

    Temporal makes the instance itself, also inside a workflow's sandbox, and so wants a class.
    """
    return type("CasePayloadConverter", (CasePayloadConverter,), {"holds": holds})
