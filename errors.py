"""The one exception tree.

Every error that a person may see is one of these: one line that says what is wrong, and what to
do about it.

::

    KuashengError
    ├── DefinitionError    a YAML definition has findings (carries them all)
    ├── GuardError         a guard met a value that is missing or of another type
    ├── FilingError        an application cannot be started as it stands
    ├── ConflictError      the same reference was used before with a different payload
    ├── NotFoundError      no such matter, case, task, province or officer
    ├── SettingsError      topology, officers, keys or another setting is wrong
    │   └── KeyUnknownError    a payload is encrypted under a key that this process does not hold
    ├── LimitError         a time limit cannot be computed as it is stated
    ├── UnreachableError   a server that is needed does not answer
    ├── IllegalMoveError   the state table has no such move at this stage
    ├── ActRefusedError    an official act was refused: stale task, wrong role, wrong stage
    └── GatewayError       an outside system
        ├── GatewayUnavailableError   no usable answer: try again
        └── GatewayRefusedError       it answered no, with a reason: trying again is pointless
"""

from __future__ import annotations


class KuashengError(Exception):
    """Base of all errors that this project raises on purpose.

    Args:
        message: One line, what is wrong and where.
        fix: One line, what to do about it; empty when the message says it.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message, fix)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message}: {self.fix}" if self.fix else self.message


class DefinitionError(KuashengError):
    """A definition cannot be used; `lines` holds every finding as `file:line:col: CODE text`."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class GuardError(KuashengError):
    """A guard met a value that is missing, or of another type than was checked."""


class FilingError(KuashengError):
    """An application cannot be started as it stands."""


class ConflictError(KuashengError):
    """The same portal and reference were used before with a different payload."""


class NotFoundError(KuashengError):
    """No such matter, case, task, province or officer."""


class SettingsError(KuashengError):
    """Topology, officers, keys or another setting is missing or wrong."""


class KeyUnknownError(SettingsError):
    """A payload is encrypted under a key that this process does not hold."""


class LimitError(KuashengError):
    """A time limit cannot be computed as it is stated: mixed units, an impossible stop."""


class UnreachableError(KuashengError):
    """A server that is needed does not answer."""


class ActRefusedError(KuashengError):
    """An official act was refused: stale task, wrong role, wrong stage."""


class GatewayError(KuashengError):
    """An outside system did not do what was asked."""


class GatewayUnavailableError(GatewayError):
    """No usable answer; asking again with the same key is safe and may succeed."""


class GatewayRefusedError(GatewayError):
    """The outside system answered no, with a reason; asking again is pointless."""


class IllegalMoveError(KuashengError):
    """A move that the state table (workflows/moves.py) does not have at this stage."""

    def __init__(self, move: str, text: str, stage: str) -> None:
        super().__init__(
            f"move {move} ({text}) is not possible at stage {stage}",
            "look at the case again: `kuasheng case show REF`",
        )
        self.move = move
        self.stage = stage
