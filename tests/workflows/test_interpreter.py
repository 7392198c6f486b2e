"""Walking a Plan, on plain objects: no server, no workflow; each step ends as it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.applicant import Applicant
from compiler.catalogue import Catalogue
from compiler.kinds import KINDS
from compiler.plan import END, Plan
from workflows.contracts import Filing, Stage, StepResult, Tempo
from workflows.handover import HomeSide
from workflows.interpreter import walk
from workflows.side import Docket
from workflows.state import CaseState

CATALOGUE = Catalogue.load(Path(__file__).parent.parent / "data" / "catalogue")

COLLECT = ["intake", "form_review", "identity", "dispatch", "handle"]
ONLINE = ["intake", "form_review", "identity", "handle"]
TRANSFER = ["intake", "form_review", "identity", "accept", "letter", "funds", "transfer", "notify"]


STAGES: dict[str, Stage] = {
    "approved": "decided",
    "rejected": "decided",
    "accepted": "accepted",
    "not_accepted": "not_accepted",
}
"""The stage at which a real step ends so."""


class Walked:
    """Runners that note which steps were run, and end each with the label it is given."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels
        self.steps: list[str] = []
        self.runners = dict.fromkeys(KINDS, self.run)

    async def run(self, side: HomeSide, step_id: str, step: Any) -> StepResult:
        self.steps.append(step_id)
        label = self.labels.get(step_id, step.LABELS[0])
        side.state.stage = STAGES.get(label, side.state.stage)
        return StepResult(label=label)


def home(plan: Plan, state: CaseState, walked: Walked) -> HomeSide:
    """A case at home."""
    applicant = Applicant(kind=plan.applicants[0], name="林晓梅")
    docket = Docket(
        case_no="440000-20261120-ABCDEFGH",
        plan=plan,
        filing=Filing(applicant=applicant, application={}),
        divisions=dict.fromkeys(plan.places, "440000"),
        tempo=Tempo(),
        place=plan.home,
        home_workflow="case/gdzwfw/1",
    )
    return HomeSide(docket, state, walked.runners)


@pytest.mark.parametrize(
    ("matter", "mode", "labels", "steps", "outcome"),
    [
        ("2021-02", "collect", {}, COLLECT, None),
        ("2021-02", "collect", {"form_review": "failed"}, COLLECT[:2], "not_collected"),
        ("2021-02", "collect", {"identity": "mismatched"}, COLLECT[:3], "not_collected"),
        ("2020-29", "online", {}, ONLINE, None),
        ("2020-07", "joint", {}, TRANSFER, "approved"),
        ("2020-07", "joint", {"transfer": "rejected"}, TRANSFER, "rejected"),
        (
            "2020-07",
            "joint",
            {"accept": "not_accepted"},
            [*TRANSFER[:4], "notify"],
            "not_accepted",
        ),
        ("2020-07", "joint", {"letter": "refused"}, [*TRANSFER[:5], "notify"], "rejected"),
    ],
)
async def test_a_walk_follows_the_edges_to_the_end_and_never_begins_again(
    matter: str, mode: str, labels: dict[str, str], steps: list[str], outcome: str | None
) -> None:
    """A result leads where the Plan says; a run that is renewed after the end walks nothing."""
    plan = CATALOGUE.plan(matter, mode)
    state, walked = CaseState(), Walked(labels)
    await walk(home(plan, state, walked), plan.start)
    assert (walked.steps, state.outcome, state.cursors[""]) == (steps, outcome, END)

    renewed = CaseState.model_validate(state.model_dump(mode="json"))
    again = Walked(labels)
    await walk(home(plan, renewed, again), plan.start)
    assert again.steps == []
    assert renewed.model_dump() == state.model_dump()


@pytest.mark.parametrize("at", TRANSFER)
async def test_a_run_renewed_at_a_step_enters_that_step_again(at: str) -> None:
    """What was done before it is not done again, what comes after follows."""
    plan = CATALOGUE.plan("2020-07", "joint")
    state, walked = CaseState(cursors={"": at}), Walked({})
    await walk(home(plan, state, walked), plan.start)
    assert walked.steps == TRANSFER[TRANSFER.index(at) :]
