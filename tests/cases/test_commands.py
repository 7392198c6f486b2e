"""People's commands on a real server: who wins, who is told what, and what is remembered."""

from __future__ import annotations

import asyncio

import pytest
from house import ACCEPTOR, CLERK, DECIDER, Case, House, events

from cli import acts
from errors import ActRefusedError
from workflows.contracts import CommandAnswer

pytestmark = pytest.mark.xdist_group("cases")


async def to_be_decided(house: House) -> Case:
    """A case that waits for its decision."""
    case = await house.file("online")
    await case.act("accept", acts.accept(ACCEPTOR))
    return case


@pytest.mark.parametrize("crowd", [2, 5])
async def test_of_contradictory_decisions_at_once_exactly_one_wins(
    house: House, crowd: int
) -> None:
    """All name the same revision: one is done, each other sender is told that it came late."""
    case = await to_be_decided(house)
    target = await case.task("decide")
    verdicts = ["approve", "reject"]
    answers = await asyncio.gather(
        *(
            case.send(acts.decide(DECIDER, verdicts[i % 2], reason=f"第{i}份"), target)  # type: ignore[arg-type]
            for i in range(crowd)
        ),
        return_exceptions=True,
    )
    won = [a for a in answers if isinstance(a, CommandAnswer)]
    lost = [a for a in answers if isinstance(a, ActRefusedError)]
    assert (len(won), len(lost)) == (1, crowd - 1)
    assert won[0].done
    for refusal in lost:
        assert "task decide" in str(refusal)
    view = await case.closed()
    decisions = [e for e in view.timeline if e.event in ("approved", "rejected")]
    assert len(decisions) == 1
    assert decisions[0].document_no == won[0].document_no
    assert view.outcome == decisions[0].event


REFUSALS = {
    "an old revision": (
        acts.decide(DECIDER),
        "decide",
        0,
        (
            "decide refused: task decide has moved on: it is at revision 1, the command names 0; "
            "look at the case again"
        ),
    ),
    "a task that is not open": (
        acts.decide(DECIDER),
        "issue",
        1,
        "decide refused: task issue is not open (open: decide)",
    ),
    "another act than the task takes": (
        acts.accept(ACCEPTOR),
        "decide",
        1,
        "accept refused: task decide takes decide, not accept",
    ),
}


async def test_a_command_that_does_not_fit_is_refused_at_once(house: House) -> None:
    """Each refusal says why, in one line, and the task stays open at the same revision."""
    case = await to_be_decided(house)
    target = await case.task("decide")
    for make, task, rev, text in REFUSALS.values():
        wrong = target.model_copy(update={"row": target.row.model_copy(update={"task": task})})
        with pytest.raises(ActRefusedError) as refusal:
            await case.send(make, wrong, rev)
        assert str(refusal.value) == text
    assert (await case.task("decide")).row.task_rev == target.row.task_rev
    assert (await case.send(acts.decide(DECIDER), target)).done


OFFICERS = {
    "430000-acceptor": "officer 430000-acceptor has the role 受理岗, this act needs decider "
    "(审批岗) (岗位不符): ask an officer with that role",
    "430000-police-decider": "officer 430000-police-decider belongs to 公安机关 and may not act "
    "for 卫生健康主管部门 (实施主体不符): ask an officer of 卫生健康主管部门",
    "440000-decider": "officer 440000-decider belongs to 440000 and may not act for 430102 "
    "(行政区划不符): ask an officer of 430102",
    "430000-nobody": "officer 430000-nobody is not registered (未登记的经办人员): add them to the "
    "officers file",
}
"""Who may not decide → what they are told."""


async def test_an_officer_who_may_not_act_is_told_why_and_the_task_opens_again(
    house: House,
) -> None:
    """Role, unit, division and registration are checked; both sides show the new revision."""
    case = await to_be_decided(house)
    for officer, text in OFFICERS.items():
        before = await case.task("decide")
        answer = await case.send(acts.decide(officer, "reject", reason="x"), before)
        assert (answer.done, answer.message, answer.document_no) == (False, text, "")
        after = await case.task("decide")
        assert after.row.task_rev == before.row.task_rev + 1
    rev = (await case.task("decide")).row.task_rev
    await case.until(lambda v: [r.task_rev for r in v.awaiting] == [rev], "the home's view")
    await case.act("decide", acts.decide(DECIDER))
    assert (await case.closed()).outcome == "approved"


async def test_the_same_command_id_gets_the_first_answer_while_open_and_after_the_end(
    house: House,
) -> None:
    """Sent twice at once, again once done, again when the case is closed: one act, one answer."""
    case = await house.file("online")
    target = await case.task("accept")
    first = acts.accept(ACCEPTOR, command_id=f"{case.case_no}-accept")
    other = acts.accept(ACCEPTOR, "refuse", reason="换了主意", command_id=f"{case.case_no}-accept")
    answers = await asyncio.gather(*(case.send(m, target) for m in (first, first)))
    assert answers[0] == answers[1]
    assert answers[0].done
    again = await case.send(other, target)
    assert again == answers[0]
    refused = acts.decide(CLERK, command_id=f"{case.case_no}-clerk")
    before = await case.task("decide")
    no = await case.send(refused, before)
    assert not no.done
    assert await case.send(refused, before) == no
    await case.act("decide", acts.decide(DECIDER))
    view = await case.closed()
    await case.hand.result()
    assert events(view).count("accepted") == 1
    assert "not_accepted" not in events(view)
    assert await case.send(other, target) == answers[0]
    assert await case.house.cases.act(case.case_no, "accept", other) == answers[0]
    with pytest.raises(ActRefusedError, match="is closed"):
        await case.send(acts.accept(ACCEPTOR), target)
