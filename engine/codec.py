"""What lies on a Temporal server: payloads compressed with zlib, then encrypted with AES-256-GCM.

A payload that is marked for the federation, or that crosses Nexus (a handler's failure carries no
mark), is encrypted under the federation's key; every other one under the province's own.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    NexusSerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)

from engine.converter import AUDIENCE, ENCRYPTED, KEY_ID
from engine.keys import FEDERATION, Audience, Keyring

NONCE_BYTES = 12
LARGEST = 64 * 1024 * 1024
"""Bytes that a payload may have after decompression: far above Temporal's own 2 MiB limit."""


class CaseCodec(PayloadCodec, WithSerializationContext):
    """Encrypts on the way out, decrypts on the way in.

    What cannot be decrypted (unknown key, damaged) is left as it is: the converter says so where
    the value is needed, and a failure whose details are foreign can still be caught.

    Args:
        keyring: The keys of this process.
        usual: Who must be able to read a payload that bears no mark.
    """

    def __init__(self, keyring: Keyring, usual: Audience = "own") -> None:
        self._keyring = keyring
        self._usual = usual

    def with_context(self, context: SerializationContext) -> Self:
        """Return the codec for what crosses between provinces, else this one."""
        if isinstance(context, NexusSerializationContext):
            return type(self)(self._keyring, "federation")
        return self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload, metadata and all."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what is encrypted under a key that is held; leave the rest unchanged."""
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        marked = payload.metadata.get(AUDIENCE) == FEDERATION.encode()
        name, key = self._keyring.active("federation" if marked else self._usual)
        nonce = secrets.token_bytes(NONCE_BYTES)
        plain = zlib.compress(payload.SerializeToString())
        return Payload(
            metadata={"encoding": ENCRYPTED, KEY_ID: name.encode()},
            data=nonce + AESGCM(key).encrypt(nonce, plain, name.encode()),
        )

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCRYPTED:
            return payload
        name = payload.metadata.get(KEY_ID, b"")
        key = self._keyring.find(name.decode(errors="replace"))
        if key is None:
            return payload
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            plain = AESGCM(key).decrypt(nonce, sealed, name)
            return Payload.FromString(zlib.decompressobj().decompress(plain, LARGEST))
        except (InvalidTag, ValueError, zlib.error, DecodeError):
            return payload
