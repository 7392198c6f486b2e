"""What workflows tell documents: every fact by a name that its template knows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from documents.templates import Templates

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Templates.load()


def issued() -> list[tuple[str, str, frozenset[str]]]:
    """Return where a workflow issues a document by itself: place, template, facts."""
    found = []
    for path in sorted((ROOT / "workflows").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") != "issue":
                continue
            words = [a.value for a in call.args if isinstance(a, ast.Constant)]
            facts = frozenset(k.arg for k in call.keywords if k.arg) - {"nth"}
            found += [(f"{path.name}:{call.lineno}", str(word), facts) for word in words]
    return found


@pytest.mark.parametrize(
    ("place", "template", "facts"), [pytest.param(*row, id=row[0]) for row in issued()]
)
def test_a_workflow_tells_only_facts_that_the_template_says(
    place: str, template: str, facts: frozenset[str]
) -> None:
    """A misspelt fact would be left out of the paper in silence."""
    assert facts <= TEMPLATES.get(template).definition.facts.keys(), place


def test_workflows_issue_documents_by_themselves() -> None:
    """The calls are found at all: 视为受理, 物料流转凭证, 送达回执, 终止 and 撤回."""
    assert {template for _, template, _ in issued()} >= {
        "custody_note", "deemed_acceptance_notice", "delivery_receipt", "termination_notice",
        "withdrawal_notice",
    }  # fmt: skip
