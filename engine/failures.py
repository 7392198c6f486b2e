"""Exceptions ↔ failures: messages and stack lines encrypted, foreign ones still catchable."""

from __future__ import annotations

from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverterWithEncodedAttributes, PayloadConverter

from engine.converter import ENCRYPTED, KEY_ID


class CaseFailureConverter(DefaultFailureConverterWithEncodedAttributes):
    """Puts message and stack into the part of a failure that the codec encrypts.

    Details under a key that is not held are left out and the message names the key: with them in,
    converting the failure would itself fail, and the workflow that should catch it would hang.
    """

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """Return the exception of a failure, whatever of it can be read."""
        return super().from_failure(_readable(failure), payload_converter)


def _readable(failure: Failure) -> Failure:
    copy = Failure()
    copy.CopyFrom(failure)
    attributes = copy.encoded_attributes
    if attributes.metadata.get("encoding") == ENCRYPTED:
        key = attributes.metadata.get(KEY_ID, b"").decode(errors="replace")
        copy.message = f"unreadable failure, encrypted under key {key}"
        copy.ClearField("encoded_attributes")
    for details in (
        copy.application_failure_info.details,
        copy.canceled_failure_info.details,
        copy.timeout_failure_info.last_heartbeat_details,
    ):
        _drop_encrypted(details)
    return copy


def _drop_encrypted(details: Payloads) -> None:
    kept = [each for each in details.payloads if each.metadata.get("encoding") != ENCRYPTED]
    if len(kept) < len(details.payloads):
        del details.payloads[:]
        details.payloads.extend(kept)
