"""Guards: CEL expressions, checked when a definition is compiled and evaluated while a case runs.

One engine does both (the CEL C++ runtime). It has no clock and no randomness, so evaluation is
deterministic. Workflow code imports this module: it must stay light.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cel_expr_python import cel

from compiler.fields import CEL_TYPES
from compiler.kinds import FieldType
from compiler.plan import Guard
from errors import GuardError

MAX_LENGTH = 500
"""Characters in an expression; longer ones are unreadable, and evaluation stays in microseconds."""

_TEXT = re.compile(
    r"""[rR]?("{3}.*?"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.DOTALL
)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an expression; line and column count from 1 within it."""

    line: int
    col: int
    message: str
    unknown: str = ""
    """The name that is not known here, when that is the problem."""


def check(expr: str, names: Mapping[str, FieldType]) -> Guard | tuple[Problem, ...]:
    """Compile and type-check an expression that must be true or false.

    Args:
        expr: CEL, at most `MAX_LENGTH` characters.
        names: Dotted name → type of all that is visible here.

    Returns:
        The guard with only the names that it reads, or all problems.
    """
    if len(expr) > MAX_LENGTH:
        return (Problem(1, 1, f"guard has {len(expr)} characters, at most {MAX_LENGTH} are read"),)
    used = _names_in(expr, names)
    try:
        compiled = _compile(expr, tuple(sorted(used.items())))
    except RuntimeError as error:
        return tuple(_problems(str(error)))
    if compiled.return_type() != cel.Type.BOOL:
        found = str(compiled.return_type()).lower()
        return (Problem(1, 1, f"guard must be true or false, this is {found}"),)
    return Guard(expr=expr, names=used)


def evaluate(guard: Guard, values: Mapping[str, object]) -> bool:
    """Evaluate a guard.

    Args:
        guard: As `check` made it.
        values: Dotted name → value; names that the guard does not read are ignored.

    Raises:
        GuardError: A value is missing or of another type.
    """
    data = {}
    for name, kind in guard.names.items():
        if name not in values:
            raise GuardError(f"guard `{guard.expr}` needs `{name}`, which has no value")
        value = values[name]
        if type(value) is not _PYTHON[CEL_TYPES[kind]]:
            raise GuardError(f"guard `{guard.expr}` needs `{name}` as {kind}, not {_word(value)}")
        data[name] = value
    result = _compile(guard.expr, tuple(sorted(guard.names.items()))).eval(data=data)
    if result.type() != cel.Type.BOOL:
        # For example a division by zero; CEL's text repeats no values.
        raise GuardError(f"guard `{guard.expr}` has no answer: {result.value()}")
    return bool(result.value())


_PYTHON: dict[str, type] = {"STRING": str, "INT": int, "BOOL": bool}


def _word(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _names_in(expr: str, names: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """Return those of `names` that the expression reads, outside text literals."""
    used: dict[str, FieldType] = {}
    for match in _NAME.finditer(_TEXT.sub(" ", expr)):
        parts = match[0].split(".")
        # The longest known prefix: `application.name.size()` reads `application.name`.
        for end in range(len(parts), 0, -1):
            name = ".".join(parts[:end])
            if name in names:
                used[name] = names[name]
                break
    return dict(sorted(used.items()))


@lru_cache(maxsize=512)
def _environment(names: tuple[tuple[str, FieldType], ...]) -> Any:
    return cel.NewEnv(variables={n: getattr(cel.Type, CEL_TYPES[kind]) for n, kind in names})


@lru_cache(maxsize=2048)
def _compile(expr: str, names: tuple[tuple[str, FieldType], ...]) -> Any:
    return _environment(names).compile(expr)


def _problems(text: str) -> list[Problem]:
    """Read CEL's error text: one `ERROR: <input>:LINE:COL: message` a problem."""
    found = []
    for line, col, message in _ERROR.findall(text):
        undeclared = _UNDECLARED.search(message)
        plain = message.removesuffix(" (in container '')")
        found.append(
            Problem(
                int(line), int(col),
                f"`{undeclared[1]}` is not known here" if undeclared else plain,
                undeclared[1] if undeclared else "",
            )
        )  # fmt: skip
    return found or [Problem(1, 1, text.splitlines()[0])]
