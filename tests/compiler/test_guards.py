"""Guards: checked like code, evaluated the same everywhere."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.guards import Problem, check, evaluate
from compiler.kinds import FieldType
from compiler.plan import Guard
from errors import GuardError

NAMES: dict[str, FieldType] = {
    "application.from_div": "division",
    "application.to_div": "division",
    "letter.amount": "money",
    "materials.id_card": "boolean",
}


def guard(expr: str) -> Guard:
    """Return a guard that is right."""
    checked = check(expr, NAMES)
    assert isinstance(checked, Guard)
    return checked


def test_a_guard_keeps_only_the_names_that_it_reads() -> None:
    """The Plan stays small, and evaluation asks for nothing else; text literals are no names."""
    checked = guard("application.from_div != 'application.to_div' && materials.id_card")
    assert list(checked.names) == ["application.from_div", "materials.id_card"]


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        (
            "application.from_div == letter.amount",
            Problem(1, 22, "found no matching overload for '_==_' applied to '(string, int)'"),
        ),
        ("1 + letter.amount", Problem(1, 1, "guard must be true or false, this is int")),
        (
            "materials.id_card && letter.total > 1",
            Problem(1, 28, "`letter.total` is not known here", "letter.total"),
        ),
        ("now() > 1", Problem(1, 4, "`now` is not known here", "now")),
        ("x" * 501, Problem(1, 1, "guard has 501 characters, at most 500 are read")),
    ],
)
def test_a_wrong_guard_is_told_with_its_column(expr: str, problem: Problem) -> None:
    """Types, unknown names, clocks and length are all found before any case runs."""
    assert check(expr, NAMES) == (problem,)


def test_a_syntax_error_is_told_with_its_column() -> None:
    """CEL's own words, at the place in the expression."""
    found = check("letter.amount >", NAMES)
    assert isinstance(found, tuple)
    assert (found[0].line, found[0].col) == (1, 16)
    assert found[0].message.startswith("Syntax error: mismatched input '<EOF>'")


def test_a_missing_value_is_an_error_and_not_false() -> None:
    """CEL itself would answer with an unknown."""
    with pytest.raises(GuardError, match="which has no value"):
        evaluate(guard("letter.amount > 1"), {})


def test_a_value_of_another_type_is_an_error_that_does_not_show_it() -> None:
    """Values may be personal: only the type is named."""
    with pytest.raises(GuardError) as caught:
        evaluate(guard("letter.amount > 1"), {"letter.amount": "secret"})
    assert str(caught.value) == "guard `letter.amount > 1` needs `letter.amount` as money, not str"


def test_an_expression_without_an_answer_is_an_error() -> None:
    """A division by zero is neither true nor false."""
    with pytest.raises(GuardError, match="divide by zero"):
        evaluate(guard("1 / letter.amount == 1"), {"letter.amount": 0})


@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_evaluation_agrees_with_python(left: int, right: int) -> None:
    """Amounts compare as whole 分, and twice the same."""
    names: dict[str, FieldType] = {"a.x": "money", "b.x": "money"}
    checked = check("a.x == b.x || a.x < b.x", names)
    assert isinstance(checked, Guard)
    values = {"a.x": left, "b.x": right, "other": object()}
    assert evaluate(checked, values) is evaluate(checked, values) is (left <= right)


def test_what_workflows_import_stays_light() -> None:
    """Guards bring in neither YAML nor tables of numbers nor Temporal."""
    heavy = "{'yaml', 'stdnum', 'temporalio', 'rich', 'typer'}"
    code = f"import sys, compiler.guards; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
