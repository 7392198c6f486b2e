"""撤回: the applicant takes the application back, at every stage, and what had left comes back."""

from __future__ import annotations

import pytest
from house import ACCEPTOR, CLERK, DECIDER, TEMPO, Case, House, events

from cli import acts
from errors import ActRefusedError
from workflows.contracts import CaseView

pytestmark = pytest.mark.xdist_group("cases")


async def withdraw(case: Case, reason: str = "不再需要") -> None:
    """Take the application back as `kuasheng case withdraw` does."""
    command = acts.withdraw(reason=reason)
    answer = await case.house.cases.say(case.started.workflow_id, command)
    assert answer.message == "撤回申请已收到"


async def over(case: Case) -> CaseView:
    """Wait for the end; nothing was decided and nobody is asked for anything."""
    view = await case.closed()
    assert view.outcome == "withdrawn"
    assert "approved" not in events(view)
    assert "rejected" not in events(view)
    assert view.awaiting == ()
    return view


@pytest.mark.parametrize("mode", ["collect", "online"])
async def test_before_acceptance_and_under_review(house: House, mode: str) -> None:
    """While an officer is asked to accept, and while one is asked to decide."""
    early = await house.file(mode)
    await early.task("accept")
    await withdraw(early)
    view = await over(early)
    assert "accepted" not in events(view)

    late = await house.file(mode)
    await late.act("accept", acts.accept(ACCEPTOR))
    await late.task("decide")
    await withdraw(late)
    assert "accepted" in events(await over(late))


async def test_papers_that_were_sent_on_come_back(house: House) -> None:
    """A collect case that is withdrawn at the handling place sends one parcel home."""
    case = await house.file("collect")
    await case.task("accept")
    await withdraw(case)
    await over(case)
    assert await case.legs() == ["deliver", "dispatch"]


async def test_an_officer_who_comes_after_the_withdrawal_is_told(house: House) -> None:
    """The task is gone; the decision is refused and changes nothing."""
    case = await house.file("online")
    target = await case.task("accept")
    await withdraw(case)
    await case.happened("withdrawn")
    with pytest.raises(ActRefusedError):
        await case.send(acts.accept(ACCEPTOR), target)
    await over(case)


async def test_after_the_decision_it_is_too_late(house: House) -> None:
    """What is decided stays decided, and the applicant is told why."""
    case = await house.file("online")
    await case.act("accept", acts.accept(ACCEPTOR))
    await case.act("decide", acts.decide(DECIDER))
    assert (await case.closed()).outcome == "approved"
    with pytest.raises(ActRefusedError) as refusal:
        await withdraw(case)
    assert "closed" in str(refusal.value)


async def test_a_transfer_is_withdrawn_at_both_places(house: House) -> None:
    """While 转出地 is to write its letter, the home ends the case and the other place's work."""
    case = await house.file("joint")
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.task("reply")
    await withdraw(case)
    view = await over(case)
    assert "replied" not in events(view)
    await case.hand.result()


async def test_past_the_point_of_no_return_it_is_too_late(house: House) -> None:
    """Once the fund is on its way nothing can be taken back: going back is a new transfer."""
    case = await house.file("joint")
    await case.act("accept", acts.accept("440000-acceptor"))
    await case.act("reply", acts.reply(CLERK, {"amount": "100", "months": "12"}))
    target = await case.task("reply")
    assert target.row.task == "funds"
    with pytest.raises(ActRefusedError) as refusal:
        await withdraw(case)
    assert "nothing can be taken back" in str(refusal.value)
    await case.act("reply", acts.reply(CLERK, {"amount": "100"}))
    await case.act("decide", acts.decide("440000-decider"))
    assert (await case.closed()).outcome == "approved"


async def test_it_survives_continue_as_new(house: House) -> None:
    """A withdrawn case ends the same when its runs are as short as they can be."""
    case = await house.file("collect", TEMPO.model_copy(update={"history_events": 25}))
    await case.task("accept")
    await withdraw(case)
    await over(case)
    assert await case.legs() == ["deliver", "dispatch"]


async def test_while_a_correction_is_asked_for(house: House) -> None:
    """Who is asked for more papers may also just take the application back."""
    case = await house.file("online")
    await case.act("accept", acts.accept(ACCEPTOR, "correct", corrections=["居民身份证"]))
    await case.task("supply")
    await withdraw(case)
    await over(case)
