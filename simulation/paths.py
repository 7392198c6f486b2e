"""The paths: ways in which a case can go, and what each must lead to. One entry a path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from compiler.kinds import Accept, BaseStep, Capture, Decide, Deliver, Exchange, Pay, Review
from compiler.kinds import Transport as TransportStep
from compiler.plan import Plan
from simulation import chance
from simulation.filing import branches, decided_by_filing
from simulation.papers import indispensable, tolerable
from simulation.scripts import Script
from workflows.operations import TO_DO_AGAIN
from workflows.steps.transport import BY_OFFICERS

WHOLE_LADDER = 4
"""Rungs: remind, yellow, supervise, red."""

POSITIVE = frozenset({"approved", "acknowledged", "answered", "settled"})
"""What an applicant hopes for, by the nature of the matter."""

Outcomes = Callable[[Plan], frozenset[str]]


@dataclass(frozen=True)
class Path:
    """One way: what is scripted, which Plans can go it, and how it must end.

    `applies` and `expects` look at a Plan of which only the branch is left that its case takes.
    `shows` are events that must stand in the timeline, `refused` the types of refusals that
    somebody must have met.
    """

    title: str
    script: Script
    applies: Callable[[Plan], bool]
    expects: Outcomes
    shows: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def steps(plan: Plan, kind: type[BaseStep]) -> list[BaseStep]:
    """Return a Plan's steps of a kind."""
    return [step for step in plan.steps.values() if isinstance(step, kind)]


def has(*kinds: type[BaseStep]) -> Callable[[Plan], bool]:
    """Return whether a Plan has steps of all these kinds."""
    return lambda plan: all(steps(plan, kind) for kind in kinds)


def positive(plan: Plan) -> frozenset[str]:
    """Return the Plan's outcomes that an applicant hopes for."""
    return plan.outcomes() & POSITIVE


def only(*outcomes: str) -> Outcomes:
    """Return a fixed expectation."""
    return lambda _plan: frozenset(outcomes)


def withdrawable_until(plan: Plan, kind: type[BaseStep]) -> bool:
    """Whether nothing before the first step of a kind is a point of no return."""
    for step in plan.steps.values():
        if isinstance(step, kind):
            return True
        if step.no_return:
            return False
    return False


def ladder(plan: Plan) -> bool:
    """Whether a person's task has a whole ladder, and nothing lapses at its end."""
    return any(len(_late(plan, step)) == WHOLE_LADDER for step in _patient(plan))


def _patient(plan: Plan) -> list[BaseStep]:
    """Return the steps with a limit for a person, at whose end nothing happens by itself."""
    found: list[BaseStep] = []
    for step in plan.steps.values():
        waits = isinstance(step, Accept) and not plan.regime.deemed
        collected = isinstance(step, Deliver) and step.by == "pick_up"
        if isinstance(step, (Review, Decide, Exchange)) or waits or collected:
            found.append(step)
    return [step for step in found if step.within and step not in lapsing(plan)]


def _late(plan: Plan, step: BaseStep) -> tuple[str, ...]:
    wait = plan.waits.get(step.wait or "")
    return wait.late if wait else ()


def special(plan: Plan) -> bool:
    """Whether the law knows special procedures for this decision, and it has a limit to stop."""
    return bool(plan.regime.special) and any(s.within for s in steps(plan, Decide))


def extendable(plan: Plan) -> bool:
    """Whether the law allows more time for this decision."""
    return plan.regime.extension is not None and any(s.within for s in steps(plan, Decide))


def sent_back(plan: Plan) -> bool:
    """Whether something at the decision's own place comes before it that can be done again."""
    regions, order = plan.regions(), list(plan.steps)
    named = plan.steps.items()
    decides = [name for name, step in named if isinstance(step, Decide)]
    again = [n for n, step in named if step.kind in TO_DO_AGAIN and not isinstance(step, Exchange)]
    return any(
        regions[one] == regions[other] and order.index(one) < order.index(other)
        for one in again
        for other in decides
    )


def travels(plan: Plan) -> bool:
    """Whether a parcel is sent: papers between places, or a result to the applicant."""
    ems = any(s.by == "ems" for s in plan.steps.values() if isinstance(s, TransportStep))
    return ems or any(s.by == "courier" for s in plan.steps.values() if isinstance(s, Deliver))


def delivered_slowly(plan: Plan) -> bool:
    """Whether a decided case stays open for a while."""
    return any(s.by != "electronic" for s in plan.steps.values() if isinstance(s, Deliver))


def carried(plan: Plan) -> bool:
    """Whether officers themselves say what was sent and what arrived."""
    return any(s.by in BY_OFFICERS for s in plan.steps.values() if isinstance(s, TransportStep))


def refusing(plan: Plan) -> list[Exchange]:
    """Return the letters that the other place may refuse."""
    return [s for s in plan.steps.values() if isinstance(s, Exchange) and s.refuse is not None]


def lapsing(plan: Plan) -> list[BaseStep]:
    """Return the letters to which a silence is an answer too."""
    return [s for s in plan.steps.values() if isinstance(s, Exchange) and s.lapse is not None]


def silences(plan: Plan) -> frozenset[str]:
    """Return how a case ends when nobody answers: partial answers are answers."""
    if plan.branched():
        return positive(plan)
    return frozenset(s.lapse.outcome for s in lapsing(plan) if isinstance(s, Exchange) and s.lapse)


def refusals(plan: Plan) -> frozenset[str]:
    """Return the outcomes of refused letters."""
    return frozenset(s.refuse.outcome for s in refusing(plan) if s.refuse)


def elsewhere(plan: Plan) -> bool:
    """Whether another place than the home has people's work."""
    return bool(
        any(s.actor != plan.home for s in plan.steps.values() if isinstance(s, (Accept, Decide)))
        or steps(plan, Exchange)
    )


def decided_elsewhere(plan: Plan) -> bool:
    """Whether the decision is made by another place than the case's home."""
    return any(s.actor != plan.home for s in steps(plan, Decide) if isinstance(s, Decide))


def absent(plan: Plan) -> bool:
    """Whether a capture has a limit: who does not come has withdrawn."""
    return any(s.within is not None for s in steps(plan, Capture))


def deemed(plan: Plan) -> bool:
    """Whether the law accepts in an officer's stead."""
    limited = any(s.within is not None for s in steps(plan, Accept))
    return limited and plan.regime.deemed


def reviewed(plan: Plan) -> bool:
    """Whether a failed opinion goes on to whoever decides."""
    return has(Review, Decide)(plan) and "repeat" not in plan.kinds()


def kind_of(word: str) -> Callable[[Plan], bool]:
    """Return whether a Plan has steps of the kind with this word."""
    return lambda plan: word in plan.kinds()


PATHS: dict[str, Path] = {
    "approved": Path("准予", Script(), bool, positive),
    "other_branch": Path(
        "另一分支", Script(other_branch=True), lambda p: bool(branches(p)), positive
    ),
    "rejected": Path("不予", Script(decide=("reject",)), has(Decide), only("rejected")),
    "not_accepted": Path("不予受理", Script(accept=("refuse",)), has(Accept), only("not_accepted")),
    "told_at_window": Path(
        "当场告知",
        Script(lacks="main"),
        lambda p: "form_review" in p.kinds() and bool(indispensable(p)),
        only("not_collected"),
    ),
    "identity_mismatch": Path(
        "身份不符",
        Script(identity_matches=False),
        kind_of("identity_check"),
        only("not_collected"),
    ),
    "deemed_accepted": Path(
        "视为受理", Script(never=frozenset({"accept"})), deemed, positive, shows=("deemed",)
    ),
    "corrected_approved": Path(
        "补正后准予",
        Script(accept=("correct", "accept")),
        has(Accept),
        positive,
        shows=("correct", "supplied"),
    ),
    "correction_lapsed": Path(
        "逾期未补正",
        Script(accept=("correct",), never=frozenset({"supply"})),
        has(Accept),
        only("terminated"),
        shows=("correct", "lapsed"),
    ),
    "tolerant_kept": Path(
        "容缺材料如期补交",
        Script(lacks="tolerable"),
        lambda p: bool(tolerable(p)) and has(Accept, Decide)(p),
        positive,
        shows=("accepted", "supplied"),
    ),
    "tolerant_broken": Path(
        "容缺材料逾期未补",
        Script(lacks="tolerable", never=frozenset({"supply"})),
        lambda p: bool(tolerable(p)) and has(Accept, Decide)(p),
        only("terminated"),
        shows=("accepted", "lapsed"),
    ),
    "pledged": Path(
        "告知承诺",
        Script(lacks="tolerable", pledges=True),
        lambda p: bool(tolerable(p)) and has(Accept, Decide)(p),
        positive,
        shows=("accepted",),
    ),
    "withdrawn_before_acceptance": Path(
        "受理前撤回",
        Script(withdraw="to_accept"),
        lambda p: withdrawable_until(p, Accept),
        only("withdrawn"),
    ),
    "withdrawn_under_review": Path(
        "审查中撤回",
        Script(withdraw="to_decide"),
        lambda p: withdrawable_until(p, Decide),
        only("withdrawn"),
    ),
    "withdrawn_too_late": Path(
        "决定后撤回",
        Script(withdraw="decided"),
        lambda p: bool(steps(p, Decide)) and delivered_slowly(p),
        positive,
        refused=("TooLate",),
    ),
    "parcel_lost_once": Path(
        "邮件丢失一次", Script(fates=("lost",)), travels, positive, shows=("lost", "resolved")
    ),
    "parcel_lost_twice": Path(
        "邮件丢失两次",
        Script(fates=("lost", "lost")),
        travels,
        positive,
        shows=("lost", "resolved"),
    ),
    "parcel_returned": Path(
        "邮件退回", Script(fates=("returned",)), travels, positive, shows=("returned", "resolved")
    ),
    "handling_silent_20_workdays": Path(
        "办理地二十个工作日无人办理",
        Script(away_workdays=20),
        lambda p: elsewhere(p) and not lapsing(p),
        positive,
    ),
    "silence_lapsed": Path(
        "逾期未答复",
        Script(away_workdays=20),
        lambda p: bool(lapsing(p)),
        silences,
        shows=("lapsed",),
    ),
    "overdue_whole_ladder": Path(
        "逾期走完整个催办阶梯",
        Script(overdue=True),
        ladder,
        positive,
        shows=("remind", "yellow", "supervise", "red"),
    ),
    "withdrawn_by_silence": Path(
        "未到场视为撤回",
        Script(never=frozenset({"capture"})),
        absent,
        only("withdrawn"),
        shows=("absent",),
    ),
    "unpaid": Path(
        "逾期未缴费",
        Script(pays=False),
        lambda p: bool(steps(p, Pay)) and p.fee != 0,
        only("terminated"),
        shows=("unpaid",),
    ),
    "data_source_down": Path(
        "数据源不可用",
        Script(data_answers=False),
        kind_of("data_check"),
        positive,
        shows=("unavailable",),
    ),
    "second_place_refuses": Path(
        "对方退回函件", Script(refuse_letters=True), lambda p: bool(refusing(p)), refusals
    ),
    "two_decide_at_once": Path(
        "同时两个相反决定", Script(decide_twice=True), has(Decide), positive, refused=("StaleTask",)
    ),
    "review_failed": Path(
        "审查不通过",
        Script(review=("fail",), decide=("reject",)),
        reviewed,
        only("rejected"),
    ),
    "urged": Path(
        "申请人催办", Script(urge="to_decide"), decided_elsewhere, positive, shows=("urged",)
    ),
    "transferred": Path(
        "转办", Script(manoeuvre="transfer"), has(Decide), positive, shows=("transfer",)
    ),
    "delegated": Path(
        "委派", Script(manoeuvre="delegate"), has(Decide), positive, shows=("delegate", "release")
    ),
    "countersigned": Path(
        "加签", Script(manoeuvre="add_signer"), has(Decide), positive, shows=("add_signer", "sign")
    ),
    "suspended_resumed": Path(
        "特别程序", Script(manoeuvre="suspend"), special, positive, shows=("suspend", "resume")
    ),
    "suspended_to_the_end": Path(
        "特别程序期限届满",
        Script(manoeuvre="suspend_until_end"),
        special,
        positive,
        shows=("suspend", "resumed"),
    ),
    "extended": Path("延期", Script(manoeuvre="extend"), extendable, positive, shows=("extend",)),
    "returned_and_redone": Path(
        "退回重办", Script(manoeuvre="send_back"), sent_back, positive, shows=("send_back",)
    ),
    "delivery_failed_picked_up": Path(
        "结果退回改为领取",
        Script(fates=("returned",), fates_of_results=True, pick_up=True),
        lambda p: any(s.by == "courier" for s in p.steps.values() if isinstance(s, Deliver)),
        positive,
        shows=("returned", "resolved", "delivered"),
    ),
    "original_lost_incident": Path(
        "档案未到",
        Script(never_arrived=True),
        carried,
        positive,
        shows=("trouble", "resolved", "signed_for"),
    ),
    "bad_rating_rectified": Path(
        "差评整改",
        Script(score=1),
        kind_of("rate"),
        positive,
        shows=("opened", "verified", "rectified", "called_back"),
    ),
    "bad_rating_unresolved": Path(
        "差评两次整改仍不满意",
        Script(score=2, satisfied=False),
        kind_of("rate"),
        positive,
        shows=("rectified", "called_back", "unresolved"),
    ),
    "bad_rating_appealed": Path(
        "差评申诉",
        Script(score=1, appeal=True),
        kind_of("rate"),
        positive,
        shows=("opened", "verified", "ruled"),
    ),
    "unrated": Path(
        "未评价", Script(never=frozenset({"rate"})), kind_of("rate"), positive, shows=("invited",)
    ),
}
"""Every path by its name, in the order in which they are told."""


def applicable(plan: Plan, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the paths that a Plan can go, all or those of these names."""
    return tuple(n for n in PATHS if (not names or n in names) and script_of(plan, n) is not None)


def script_of(plan: Plan, name: str) -> Script | None:
    """Return the script of a path for a Plan, None if it cannot go it.

    Where only the other branch has what the path needs, the case is led into that one.
    """
    if chance.is_random(name):
        return chance.script(plan, name)
    path = PATHS[name]
    if path.applies(led(plan, other=path.script.other_branch)):
        return path.script
    if branches(plan) and path.applies(led(plan, other=True)):
        return replace(path.script, other_branch=True)
    return None


def path_of(name: str) -> Path:
    """Return a path by its name, also a random one."""
    if chance.is_random(name):
        return Path("随机", Script(), bool, chance.expected)
    return PATHS[name]


def expected(plan: Plan, name: str) -> frozenset[str]:
    """Return how a case of a Plan may end on a path."""
    if chance.is_random(name):
        return chance.expected(plan)
    script = script_of(plan, name)
    return PATHS[name].expects(led(plan, other=script.other_branch)) if script else frozenset()


def led(plan: Plan, *, other: bool) -> Plan:
    """Return a Plan without the steps that a case is never at, by what was filed.

    Its `when` over the application are kept; `other` leads through their `false`.
    """
    lost = "true" if other else "false"
    settled = {name for name, step in plan.steps.items() if decided_by_filing(plan, name, step)}
    edges = [edge for edge in plan.edges if not (edge.source in settled and edge.on == lost)]
    reached, front = {plan.start}, [plan.start]
    while front:
        front = [e.target for e in edges if e.source in front and e.target not in reached]
        reached.update(front)
    kept = {name: step for name, step in plan.steps.items() if name in reached}
    return plan.model_copy(update={"steps": kept})
