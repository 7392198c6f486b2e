"""The state table, walked without a server: what is not in it cannot be done."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.kinds import Outcome
from errors import IllegalMoveError
from workflows.contracts import Stage
from workflows.moves import CONCLUSIONS, MOVES, STAGES, after, conclude

FIRST: Stage = "received"

LATER: frozenset[Outcome] = frozenset({"revoked", "cancelled", "voided"})
"""What becomes of a result that was given: no end of an open case."""


def reached() -> frozenset[Stage]:
    """Every stage that some moves lead to from the first one."""
    seen: set[Stage] = {FIRST}
    front: set[Stage] = {FIRST}
    while front:
        front = {m.goes[s] for m in MOVES.values() for s in front if s in m.goes} - seen
        seen |= front
    return frozenset(seen)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("move", MOVES)
def test_every_move_at_every_stage_leads_somewhere_or_is_an_error_that_names_both(
    move: str, stage: Stage
) -> None:
    """A stage of the list, or a typed error with the move, its Chinese name and the stage."""
    target = MOVES[move].goes.get(stage)
    if target is not None:
        assert after(stage, move) == target
        assert target in STAGES
        return
    with pytest.raises(IllegalMoveError) as error:
        after(stage, move)
    assert (error.value.move, error.value.stage) == (move, stage)
    named = f"move {move} ({MOVES[move].text}) is not possible at stage {stage}"
    assert named in str(error.value)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_at_every_stage_is_an_end_or_an_error_that_names_both(
    outcome: Outcome, stage: Stage
) -> None:
    """No case ends in a way that its stage does not allow."""
    if stage in CONCLUSIONS.get(outcome, ()):
        conclude(stage, outcome)
        return
    with pytest.raises(IllegalMoveError, match=f"end as {outcome} .* at stage {stage}"):
        conclude(stage, outcome)


def test_every_stage_can_be_reached_and_archived_is_the_last() -> None:
    """From 收件 on; from an archived case only archiving it again leads anywhere."""
    assert reached() == frozenset(STAGES)
    assert {name for name, move in MOVES.items() if "archived" in move.goes} == {"archive"}


def test_every_outcome_of_an_open_case_can_be_reached() -> None:
    """The others are acts on a result that was given, and no case ends so."""
    ends = {outcome for outcome, stages in CONCLUSIONS.items() if stages & reached()}
    assert ends == frozenset(get_args(Outcome)) - LATER


def test_nothing_is_decided_before_it_was_considered_nor_while_the_clock_stands_still() -> None:
    """A decision comes from 审查 only, and only a resumed case is there again."""
    assert set(MOVES["decide"].goes) == {"reviewing"}
    leaving = {name for name, move in MOVES.items() if move.goes.get("suspended") == "reviewing"}
    assert leaving == {"resume"}
    assert "suspended" not in CONCLUSIONS["approved"] | CONCLUSIONS["rejected"]


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=60))
def test_no_walk_leaves_the_table(moves: list[str]) -> None:
    """Whatever is tried in whatever order: a stage of the list; a refused move moves nothing."""
    stage = FIRST
    for move in moves:
        try:
            stage = after(stage, move)
        except IllegalMoveError as error:
            assert error.stage == stage  # noqa: PT017 - most moves of a random walk are refused
        assert stage in reached()


@given(st.sampled_from(STAGES))
def test_a_withdrawal_is_possible_exactly_until_the_decision(stage: Stage) -> None:
    """撤回: what is decided cannot be taken back by the applicant."""
    decided = stage in ("decided", "completed", "delivering", "delivered", "archived")
    assert (stage in CONCLUSIONS["withdrawn"]) != decided
