"""Random definitions: they compile, mean the same wherever they are read, and every walk ends."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
import yaml
from budget import examples
from definitions import Definition, definitions
from hypothesis import assume, given
from hypothesis import strategies as st
from walking import SecondOutcomeError, Walker

from compiler.catalogue import Catalogue
from compiler.kinds import KINDS
from compiler.plan import END, Plan
from errors import IllegalMoveError

pytestmark = pytest.mark.xdist_group("properties")

SEEN: Counter[str] = Counter()
MANY_STEPS = 2000
"""Steps of which no walk of at most 18 steps, repeated at most three times in each other, begins
more: one that does is walking in a circle."""


@examples(120, 3000)
@given(definitions())
def test_a_definition_compiles_or_says_where_it_is_wrong(written: Definition) -> None:
    """No definition makes the compiler fail; a Plan has a digest and findings have a place."""
    plan, findings = written.compiled()
    assert (plan is None) == bool(findings)
    assert all(found.file for found in findings)
    SEEN["valid" if plan else "invalid"] += 1
    SEEN.update(plan.kinds() if plan else ())


def test_most_of_the_definitions_were_valid_and_of_all_kinds() -> None:
    """The generator is worth its name: 60 in a hundred compile, and no kind is left out."""
    assert SEEN["valid"] >= 0.6 * (SEEN["valid"] + SEEN["invalid"])
    # A rating and an archive are beside a case's way: their own tests have them.
    assert set(KINDS) - set(SEEN) <= {"rate", "archive"}


@examples(60, 1000)
@given(definitions())
def test_a_plan_is_the_same_however_often_it_is_read(written: Definition) -> None:
    """Compiled twice and through JSON, a Plan and its digest stay what they are."""
    plan, again = written.compiled()[0], written.compiled()[0]
    assume(plan is not None)
    assert plan is not None
    assert plan == again
    read = Plan.model_validate_json(plan.model_dump_json(by_alias=True))
    assert read == plan
    assert read.sealed().digest == plan.digest
    assert plan.sealed().digest == plan.digest


@examples(12, 200)
@given(definitions())
def test_yaml_files_give_the_same_plan(
    tmp_path_factory: pytest.TempPathFactory, written: Definition
) -> None:
    """What the catalogue reads from files is what was written."""
    plan = written.compiled()[0]
    assume(plan is not None)
    assert plan is not None
    folder = tmp_path_factory.mktemp("catalogue")
    texts = {
        "families.yaml": {"common": {}, "families": {"随机": {}}},
        "procedures/random.yaml": written.procedure,
        "2020/01.yaml": written.matter,
    }
    for name, content in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, "utf-8")
    assert Catalogue.load(folder).plan("2020-01", "collect").digest == plan.digest


@examples(150, 3000)
@given(definitions(), st.data())
def test_every_walk_ends_whatever_the_steps_say(written: Definition, data: st.DataObject) -> None:
    """Any result of any step, any value: the walk comes to the end of the Plan, with an outcome."""
    plan = written.compiled()[0]
    assume(plan is not None)
    assert plan is not None
    dice = data.draw(st.randoms(use_true_random=False))
    for table in (False, True):
        walker = Walker(plan, lambda _, __, labels: dice.choice(labels), dice.choice, table=table)
        try:
            state = asyncio.run(asyncio.wait_for(walker.walk(), 10))
        except (IllegalMoveError, SecondOutcomeError):
            continue  # the state table has stopped it: that is an end too, and a typed one
        assert state.cursors[""] == END
        assert state.outcome is not None
        assert len(walker.begun) < MANY_STEPS
