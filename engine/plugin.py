"""The one Temporal plugin: what client, worker and Replayer must agree on."""

from __future__ import annotations

from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from engine.codec import CaseCodec
from engine.converter import converter_for
from engine.failures import CaseFailureConverter
from engine.keys import Keyring
from errors import DefinitionError

PASSED_THROUGH = (
    "compiler",
    "errors",
    "workflows.contracts",
    "workflows.search",
    "workflows.state",
    "cel_expr_python",
    "stdnum",
)
"""Modules that all workflows of a process share instead of importing their own copy.

They are data models and pure functions without state, so nothing can leak from one case to
another. The interpreter and its steps stay in the sandbox, which keeps clocks, randomness and I/O
out of them. Measured for a new or evicted case: 14 ms of CPU and next to no memory; with
`workflows.state` in the sandbox too, 26 ms and 0.5 MB; with nothing in it, 2 ms.
"""


def data_converter(keyring: Keyring, *, codec: bool = True) -> DataConverter:
    """Return the data converter of a process that holds these keys.

    Args:
        keyring: Keys of one province and of the federation.
        codec: Whether payloads are encrypted; off only in tests of what that protects.
    """
    return DataConverter(
        payload_converter_class=converter_for(keyring.ids),
        payload_codec=CaseCodec(keyring) if codec else None,
        failure_converter_class=CaseFailureConverter,
    )


class CasePlugin(SimplePlugin):
    """Converter, codec, failure converter, sandbox; for `Client`, `Worker` and `Replayer` alike.

    Args:
        keyring: Keys of one province and of the federation.
        codec: See `data_converter`.
    """

    def __init__(self, keyring: Keyring, *, codec: bool = True) -> None:
        restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
        super().__init__(
            "kuasheng",
            data_converter=data_converter(keyring, codec=codec),
            workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
            # Anything else that a workflow raises is a bug: its task is tried again until a fixed
            # worker is there, and no case is lost.
            workflow_failure_exception_types=[DefinitionError],
        )
