"""身份核验: are the applicants, and who comes for them, the persons of the papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from temporalio import workflow

from compiler.applicant import ROLE_NAMES, Applicant, mandate_expired
from compiler.kinds import IdentityCheck
from workflows.contracts import CHECK_IDENTITY, IdentityRequest, StepResult
from workflows.effects import effect
from workflows.side import Side


class _Person(NamedTuple):
    """Somebody to be proved: `key` names the question within the step, `who` what people read."""

    key: str
    who: str
    applicant: Applicant
    level: Literal["remote", "in_person"]

    def asked(self, key: str) -> IdentityRequest:
        """Return what the identity service is asked under an idempotency key."""
        return IdentityRequest(key=key, applicant=self.applicant, level=self.level)


async def run(side: Side, step_id: str, step: IdentityCheck) -> StepResult:
    """Ask the identity service about each person, remotely or for whoever is at the window.

    A mandate that has expired meanwhile (授权委托书) proves nothing: the papers are not taken, as
    with a mismatch, and may be filed anew with a valid one.
    """
    applicants = (side.filing.applicant, *side.filing.others)
    expired = next(filter(None, (mandate_expired(a, workflow.now()) for a in applicants)), None)
    if expired is not None:
        who = ROLE_NAMES[expired.role]
        side.note(step_id, "expired", f"{step.label}: {who}授权委托书已过有效期, 不予收件")
        return StepResult(label="mismatched")
    persons = tuple(_persons(side, step))
    alone = len(persons) == 1
    references = []
    for person in persons:
        verdict = await effect(
            side,
            step_id,
            step,
            person.key,
            CHECK_IDENTITY,
            person.asked,
            summary="身份核验" if alone else f"身份核验: {person.who}",
        )
        if not verdict.matched:
            whose = "" if alone else person.who
            side.note(step_id, "mismatched", f"{step.label}: {whose}不一致, 不予收件")
            return StepResult(label="mismatched")
        references.append(verdict.reference)
    whose = "" if alone else "、".join(each.who for each in persons)
    text = f"{step.label}: {whose}一致"
    side.note(step_id, "matched", text, document_no="、".join(references))
    return StepResult(label="matched")


def _persons(side: Side, step: IdentityCheck) -> Iterator[_Person]:
    """Yield who has to be proved: an applicant for whom a proxy comes need not be there."""
    other = side.plan.co_applicants.label if side.plan.co_applicants else ""
    for number, applicant in enumerate((side.filing.applicant, *side.filing.others)):
        key, who = ("check", "申请人") if number == 0 else (f"other-{number}", other)
        present = applicant.present()
        yield _Person(key, who, applicant, "remote" if present else step.level)
        for index, party in enumerate(present):
            role = ROLE_NAMES[party.role]
            name = role if number == 0 else f"{who}{role}"
            yield _Person(f"{key}/{party.role}-{index}", name, party.as_person(), step.level)
