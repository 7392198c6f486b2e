"""Who acts for an applicant, and who applies together with one: rules told at filing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.applicant import Applicant, Mandate, Party, mandate_expired
from compiler.application import Application, check_application, read_application
from compiler.catalogue import Catalogue
from engine.filing import payload_digest
from errors import FilingError

Make = Callable[..., Catalogue]

FILED = """\
portal: gd-portal
application_ref: A-1
matter: "2020-01"
filed_at: 2026-03-31T09:00:00+08:00
applicant:
  kind: individual
  name: 张三
  id_number: 11010519491231002X
APPLICANT
application: {home_div: 430000, years: 4}
OTHERS
"""

AGENT = """\
  parties:
    - role: agent
      name: 李四
      id_number: 440524188001010014
      phone: 13800138000
      mandate: {kind: 授权委托书, number: 2026-7, scope: 代为申请和领取, valid_until: 2026-03-31}
"""

BARE = AGENT[: AGENT.index("      mandate")]
"""The same party without a mandate."""

COMPANY = ("applicants: [individual]", "applicants: [individual, enterprise, unfounded_company]")
WIFE = "co_applicants:\n  - {kind: individual, name: 李四, id_number: 440524188001010014}"
TWO = "co_applicants: {count: 1, label: 配偶, required: true, basis: law}"
MAYBE_TWO = "co_applicants: {count: 1, label: 另一方, required: false, basis: law}"
AN_AGENT = "the agent (代理人)"


def with_key(line: str) -> tuple[str, str]:
    """Return the change that adds a key to the matter."""
    return ("cooperating: [教育部]", f"cooperating: [教育部]\n{line}")


def filed(catalogue: Catalogue, applicant: str = "", others: str = "") -> Application:
    """Check an application with more lines for its applicant, and after everything else."""
    text = FILED.replace("APPLICANT\n", applicant).replace("OTHERS\n", others)
    Path("a.yaml").write_text(text, encoding="utf-8")
    return check_application(catalogue, read_application(Path("a.yaml")))


def refused(catalogue: Catalogue, applicant: str = "", others: str = "") -> list[str]:
    """Return the findings of an application that must be refused."""
    with pytest.raises(FilingError) as caught:
        filed(catalogue, applicant, others)
    return str(caught.value).splitlines()


def test_an_agent_acts_on_a_mandate_through_its_last_day(make: Make) -> None:
    """Numbers need no quotes, and are canonical afterwards; the last day itself still counts."""
    party = filed(make(), AGENT.replace("0014", "0014 ")).applicant.parties[0]
    assert party.id_number == "440524188001010014"
    assert party.mandate == Mandate(
        kind="授权委托书", number="2026-7", scope="代为申请和领取", valid_until=dt.date(2026, 3, 31)
    )


def test_a_guardian_names_the_ground_and_no_end(make: Make) -> None:
    """监护人 stand for a child by law: 出生医学证明, without 委托书."""
    guardian = AGENT.replace("agent", "guardian").replace(
        "{kind: 授权委托书, number: 2026-7, scope: 代为申请和领取, valid_until: 2026-03-31}",
        "{kind: 出生医学证明}",
    )
    party = filed(make(), guardian).applicant.parties[0]
    assert (party.role, party.mandate) == ("guardian", Mandate(kind="出生医学证明"))


MISTAKES: dict[str, tuple[tuple[str, str], list[str]]] = {
    "expired": (
        ("valid_until: 2026-03-31", "valid_until: 2026-03-30"),
        [
            (
                f"a.yaml:14:16: KS061 the mandate of {AN_AGENT} expired on 2026-03-30, "
                "before it was filed; a new 授权委托书 is needed"
            )
        ],
    ),
    "without mandate": (
        (AGENT, BARE),
        [
            (
                f"a.yaml:10:7: KS060 {AN_AGENT} needs a mandate (授权委托书); "
                "`mandate` says its kind, scope and valid_until"
            )
        ],
    ),
    "without scope and end": (
        (", scope: 代为申请和领取, valid_until: 2026-03-31", ""),
        [
            (
                f"a.yaml:14:16: KS060 the mandate of {AN_AGENT} has no end; "
                "`mandate.valid_until` is the last day on which it holds"
            ),
            (
                f"a.yaml:14:16: KS060 the mandate of {AN_AGENT} has no scope; "
                "`mandate.scope` says what for (委托事项)"
            ),
        ],
    ),
    "guardian without ground": (
        (AGENT, BARE.replace("agent", "guardian")),
        [
            (
                "a.yaml:10:7: KS060 the guardian (监护人) needs a ground of guardianship; "
                "`mandate.kind` says it: 出生医学证明, 户口簿, …"
            )
        ],
    ),
    "wrong check digit": (
        ("440524188001010014", "440524188001010013"),
        [
            (
                "a.yaml:12:18: KS061 `applicant.parties[0].id_number`: "
                "ID number has a wrong check digit (GB 11643)"
            )
        ],
    ),
    "the applicant as agent": (
        ("440524188001010014", "11010519491231002x"),
        [
            (
                "a.yaml:12:18: KS060 `applicant.parties[0]`: "
                "the agent (代理人) may not be the applicant"
            )
        ],
    ),
    "handler of an individual": (
        ("role: agent", "role: handler"),
        [
            (
                "a.yaml:10:13: KS060 an individual has no handler (经办人); "
                "who acts for an individual is an agent (代理人) or a guardian (监护人)"
            )
        ],
    ),
    "unknown role": (
        ("role: agent", "role: agnt"),
        [
            (
                "a.yaml:10:13: KS011 `applicant.parties[0].role` cannot be `agnt`; "
                "did you mean `agent`?"
            )
        ],
    ),
    "unknown key": (
        ("valid_until", "valid_untl"),
        ["a.yaml:14:62: KS010 unknown key `valid_untl`; did you mean `valid_until`?"],
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_about_a_party_is_told_at_its_own_place(make: Make, case: str) -> None:
    """Each has its exact line, and nothing personal is repeated."""
    (old, new), expected = MISTAKES[case]
    assert old in AGENT
    assert refused(make(), AGENT.replace(old, new)) == expected


def test_a_matter_may_take_no_proxies(make: Make) -> None:
    """本人到场: agents and guardians are refused where the matter forbids them."""
    catalogue = make(with_key("proxy: {policy: forbidden, legal_basis: 民法典, basis: law}"))
    assert filed(catalogue).applicant.parties == ()
    assert refused(catalogue, AGENT) == [
        (
            "a.yaml:10:13: KS060 2020-01 学历公证 takes no agent (代理人): "
            "applicants come in person (本人到场)"
        )
    ]


def test_an_organisation_says_who_acts_for_it_where_the_matter_asks(make: Make) -> None:
    """法定代表人 or 经办人: by default nobody asks; a guardian is nobody's who is not a person."""
    company = FILED.replace("individual", "enterprise").replace(
        "id_number: 11010519491231002X", "uscc: 91110000600037341L"
    )

    def file(catalogue: Catalogue, applicant: str = "") -> Application:
        text = company.replace("APPLICANT\n", applicant).replace("OTHERS\n", "")
        Path("a.yaml").write_text(text, encoding="utf-8")
        return check_application(catalogue, read_application(Path("a.yaml")))

    assert file(make(COMPANY)).applicant.parties == ()
    asking = make(COMPANY, with_key("representative: {required: true, basis: default}"))
    assert filed(asking).applicant.kind == "individual"
    with pytest.raises(FilingError) as nobody:
        file(asking)
    assert str(nobody.value) == (
        "a.yaml:5:1: KS060 2020-01 学历公证: enterprise must say who acts for it in "
        "`applicant.parties`; name its legal_representative (法定代表人) or a handler (经办人)"
    )
    legal = BARE.replace("agent", "legal_representative")
    assert file(asking, legal).applicant.parties[0].role == "legal_representative"
    assert file(asking, AGENT.replace("agent", "handler")).applicant.parties[0].role == "handler"
    with pytest.raises(FilingError) as guardian:
        file(make(COMPANY), AGENT.replace("agent", "guardian"))
    assert str(guardian.value) == (
        "a.yaml:10:13: KS060 a guardian (监护人) stands for an individual, "
        "not for an applicant of kind `enterprise`"
    )


def test_a_matter_of_two_takes_exactly_two_different_persons(make: Make) -> None:
    """双方: one alone, three, or the same person twice are refused; both are checked alike."""
    catalogue = make(with_key(TWO))
    assert filed(catalogue, "", WIFE).co_applicants[0].id_number == "440524188001010014"
    title = "2020-01 学历公证 takes 1 of `co_applicants` (配偶)"
    assert refused(catalogue) == [f"a.yaml:1:1: KS060 {title}, not 0"]
    third = WIFE + "\n  - {kind: individual, name: 王五, id_number: 430102199003078524}"
    assert refused(catalogue, "", third) == [f"a.yaml:10:1: KS060 {title}, not 2"]
    assert refused(catalogue, "", WIFE.replace("440524188001010014", "11010519491231002X")) == [
        ("a.yaml:11:45: KS060 `co_applicants[0]` is the same as `applicant`; each applies once")
    ]
    assert refused(
        catalogue, "", WIFE.replace("0014", "0013").replace("name: 李四, ", "name: , ")
    ) == [
        "a.yaml:11:30: KS011 `co_applicants[0].name` must be text, not empty",
    ]
    assert refused(catalogue, "", WIFE.replace(", id_number: 440524188001010014", "")) == [
        "a.yaml:11:5: KS060 co_applicants[0] of kind `individual` needs `id_number`",
    ]


def test_a_second_applicant_may_be_left_to_choice_or_refused(make: Make) -> None:
    """Not required: one or two; a matter without the key takes one only."""
    maybe = make(with_key(MAYBE_TWO))
    assert filed(maybe).co_applicants == ()
    assert len(filed(maybe, "", WIFE).co_applicants) == 1
    assert refused(make(), "", WIFE) == [
        "a.yaml:10:1: KS060 2020-01 学历公证 has one applicant: it takes no `co_applicants`"
    ]


def test_an_application_without_parties_keeps_its_digest(make: Make) -> None:
    """What was filed before parties existed is still recognised as the same when repeated."""
    alone = filed(make())
    assert "parties" not in alone.applicant.model_dump()
    assert "co_applicants" not in alone.model_dump()
    assert payload_digest(alone) != payload_digest(filed(make(), AGENT))


def test_a_mandate_expires_after_its_last_day_in_beijing() -> None:
    """Midnight in Beijing is 16:00 UTC; a mandate without an end never expires."""
    mandate = Mandate(kind="授权委托书", scope="领取", valid_until=dt.date(2026, 3, 31))
    agent = Party(role="agent", name="李四", id_number="440524188001010014", mandate=mandate)
    applicant = Applicant(kind="individual", name="张三", id_number="1", parties=(agent,))
    last = dt.datetime(2026, 3, 31, 15, 59, tzinfo=dt.UTC)
    assert mandate_expired(applicant, last) is None
    assert mandate_expired(applicant, last + dt.timedelta(minutes=1)) == agent
    ground = Party(role="guardian", name="李四", id_number="1", mandate=Mandate(kind="户口簿"))
    assert mandate_expired(applicant.model_copy(update={"parties": (ground,)}), last) is None
