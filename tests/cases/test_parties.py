"""Who comes for an applicant is proved beside them, each under a key of their own."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from house import FILED, PERSON, Case, House, events

from cli import acts
from compiler.applicant import Applicant
from compiler.plan import CoApplicants

pytestmark = pytest.mark.xdist_group("cases")

AGENT = {
    "role": "agent",
    "name": "陈立群",
    "id_number": "430102198807150021",
    "mandate": {
        "kind": "授权委托书",
        "scope": "代为申请和领取",
        "valid_until": "2126-12-31",
    },
}
PARTNER = {"kind": "individual", "name": "周建国", "id_number": "430102198511230014"}


def with_agent(**changes: Any) -> dict[str, Any]:
    """Return an applicant for whom an agent comes."""
    return {**PERSON, "parties": [{**AGENT, **changes}]}


async def asked(case: Case) -> list[str]:
    """Return which identity checks were asked, by the last parts of their keys."""
    found = await asyncio.to_thread(case.house.sandbox.requests)
    keys = [r["key"] for r in found if r["path"] == "/identity/checks" and case.case_no in r["key"]]
    return [key.split("/identity/")[1] for key in keys]


async def test_applicant_and_agent_are_each_proved_under_a_key_of_their_own(house: House) -> None:
    """Two questions, one entry that says who was proved; nobody's name is in the timeline."""
    case = await house.file("collect", applicant=with_agent())
    matched = await case.happened("matched")
    assert matched.text == "身份核验: 申请人、代理人一致"
    assert len(matched.document_no.split("、")) == 2
    assert await asked(case) == ["check", "check/agent-0"]
    view = await case.view()
    assert AGENT["name"] not in view.model_dump_json()
    await case.act("accept", acts.accept("430000-acceptor"))


async def test_one_applicant_is_asked_about_as_before(house: House) -> None:
    """One question under the key that it always had, and the entry without persons."""
    case = await house.file("collect")
    assert (await case.happened("matched")).text == "身份核验: 一致"
    assert await asked(case) == ["check"]


async def test_an_impostor_as_agent_is_turned_away(house: House) -> None:
    """The applicant's papers are right, the agent's are not: 不予收件."""
    case = await house.file("collect", applicant=with_agent(name="冒名者"))
    view = await case.closed()
    assert view.outcome == "not_collected"
    mismatched = next(e for e in view.timeline if e.event == "mismatched")
    assert mismatched.text == "身份核验: 代理人不一致, 不予收件"


async def test_a_mandate_that_has_expired_since_the_filing_proves_nothing(house: House) -> None:
    """Valid on the day of filing, over when identity is checked: told, and nobody is asked."""
    filed_at = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
    last = filed_at.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    mandate = {**AGENT["mandate"], "valid_until": last.isoformat()}  # type: ignore[dict-item]
    case = await house.file(
        "collect", filed_at=filed_at.isoformat(), applicant=with_agent(mandate=mandate)
    )
    view = await case.closed()
    assert view.outcome == "not_collected"
    expired = next(e for e in view.timeline if e.event == "expired")
    assert expired.text == "身份核验: 代理人授权委托书已过有效期, 不予收件"
    assert await asked(case) == []


async def test_for_an_organisation_its_handler_is_proved(house: House) -> None:
    """经办人 comes for it; the legal representative, who does not come, is not asked about."""
    organisation = FILED["online"]["applicant"]
    chair = {"role": "legal_representative", "name": "周建国", "id_number": "430102198511230014"}
    applicant = {**organisation, "parties": [chair, {**AGENT, "role": "handler"}]}
    case = await house.file("online", applicant=applicant)
    assert (await case.happened("matched")).text == "身份核验: 申请人、经办人一致"
    assert await asked(case) == ["check", "check/handler-0"]
    alone = await house.file("online", applicant={**organisation, "parties": [chair]})
    assert (await alone.happened("matched")).text == "身份核验: 申请人、法定代表人一致"


async def test_of_two_applicants_both_are_proved_and_either_may_be_refused(house: House) -> None:
    """共同申请: a mismatch of the second one turns the case away like that of the first."""
    plan = house.catalogue.plan("2021-02", "collect")
    two = plan.model_copy(update={"co_applicants": CoApplicants(count=1, label="配偶")}).sealed()
    for name, text in (
        ("周建国", "身份核验: 申请人、配偶一致"),
        ("冒名", "身份核验: 配偶不一致, 不予收件"),
    ):
        case = house.prepared("collect", plan=two)
        partner = Applicant.model_validate({**PARTNER, "name": name})
        filing = case.filing.model_copy(update={"others": (partner,)})
        started = await house.start(case.model_copy(update={"filing": filing}))
        view = await started.until(
            lambda v: {"matched", "mismatched"} & set(events(v)), "the identity check"
        )
        assert text in [entry.text for entry in view.timeline]
        assert await asked(started) == ["check", "other-1"]
