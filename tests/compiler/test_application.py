"""Applications: every mistake of an applicant or portal, before a case exists."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compiler.application import Application, check_application, check_filed, read_application
from compiler.catalogue import Catalogue
from errors import FilingError

Make = Callable[..., Catalogue]

RIGHT = """\
portal: gd-portal
application_ref: A-2026.1
matter: 2020-01 学历公证
mode: online
filed_at: 2026-03-31T09:00:00+08:00
applicant:
  kind: individual
  name: 张三
  id_number: 11010519491231002X
application:
  home_div: 430000
  years: 4
materials:
  - {id: id_card, digest: abc}
"""


def filed(catalogue: Catalogue, text: str) -> Application:
    """Check an application that stands in a file."""
    Path("a.yaml").write_text(text, encoding="utf-8")
    return check_application(catalogue, read_application(Path("a.yaml")))


def refused(catalogue: Catalogue, text: str) -> list[str]:
    """Return the findings of an application that must be refused."""
    with pytest.raises(FilingError) as caught:
        filed(catalogue, text)
    return str(caught.value).splitlines()


def test_a_right_application_is_read_with_canonical_values(make: Make) -> None:
    """Numbers need no quotes, the matter may be named, values get their one form."""
    application = filed(make(), RIGHT)
    assert application.matter == "2020-01"
    assert application.mode == "online"
    assert application.application == {"home_div": "430000", "years": 4}
    assert application.filed_at == dt.datetime(2026, 3, 31, 1, tzinfo=dt.UTC)
    assert application.applicant.id_number == "11010519491231002X"


CASES: dict[str, tuple[tuple[str, str], list[str]]] = {
    "unknown matter": (
        ("2020-01 学历公证", "学例公证"),
        ["a.yaml:3:9: KS060 no matter `学例公证`; did you mean `学历公证`?"],
    ),
    "unknown code": (
        ("2020-01 学历公证", "2020-1"),
        ["a.yaml:3:9: KS060 no matter `2020-1`; did you mean `2020-01`?"],
    ),
    "mode that the matter does not have": (
        ("mode: online", "mode: collect"),
        ["a.yaml:4:7: KS060 2020-01 学历公证 has no mode `collect`; it has online"],
    ),
    "wrong check digit": (
        ("11010519491231002X", "110105194912310021"),
        [
            (
                "a.yaml:9:14: KS061 `applicant.id_number`: "
                "ID number has a wrong check digit (GB 11643)"
            )
        ],
    ),
    "division that does not exist": (
        ("430000", "439900"),
        [
            (
                "a.yaml:11:13: KS061 `application.home_div`: "
                "division 439900 does not exist (GB/T 2260)"
            )
        ],
    ),
    "applicant that is not served": (
        ("kind: individual", "kind: enterprise"),
        [
            "a.yaml:6:1: KS060 applicant of kind `enterprise` needs `uscc`",
            (
                "a.yaml:7:9: KS060 2020-01 学历公证 does not serve applicants of kind "
                "`enterprise`; it serves individual"
            ),
        ],
    ),
    "unknown kind of applicant": (
        ("kind: individual", "kind: individul"),
        ["a.yaml:7:9: KS011 `applicant.kind` cannot be `individul`; did you mean `individual`?"],
    ),
    "unknown field": (
        ("years: 4", "years: 4\n  yeers: 5"),
        ["a.yaml:13:3: KS060 2020-01 学历公证 has no field `yeers`; did you mean `years`?"],
    ),
    "missing field": (
        ("  home_div: 430000\n", ""),
        ["a.yaml:10:1: KS060 field `home_div` (户籍地) is missing; it is a division"],
    ),
    "unknown material": (
        ("id: id_card", "id: id_crad"),
        [
            (
                "a.yaml:14:10: KS060 2020-01 学历公证 asks for no material `id_crad`; "
                "did you mean `id_card`?"
            )
        ],
    ),
    "reference that cannot be an id": (
        ("A-2026.1", "张三 1"),
        ["a.yaml:2:18: KS061 `application_ref` must be 1 to 64 letters, digits, `.`, `_` or `-`"],
    ),
    "time without zone": (
        ("09:00:00+08:00", "09:00:00"),
        [
            (
                "a.yaml:5:11: KS011 `filed_at` must be a time with its zone, "
                "like 2026-03-31T09:00:00+08:00, not `2026-03-31T09:00:00`"
            )
        ],
    ),
    "unknown key": (
        ("materials:", "material:"),
        ["a.yaml:13:1: KS010 unknown key `material`; did you mean `materials`?"],
    ),
    "syntax": (
        ("mode: online", "mode: [online"),
        ["a.yaml:5:9: KS001 not YAML: did not find expected ',' or ']'"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_at_its_own_place(make: Make, case: str) -> None:
    """Each has its exact line, and nothing personal is repeated."""
    (old, new), expected = CASES[case]
    assert old in RIGHT
    assert refused(make(), RIGHT.replace(old, new)) == expected


def test_all_mistakes_are_told_at_once(make: Make) -> None:
    """The applicant corrects everything in one go."""
    text = RIGHT.replace("11010519491231002X", "1").replace("430000", "439900")
    assert len(refused(make(), text.replace("id_card", "id_crad"))) == 3


def test_a_condition_that_does_not_hold_is_told(make: Make) -> None:
    """申请条件 with a guard are checked when the case is filed."""
    catalogue = make(
        (
            "[{text: 符合条件, basis: default}]",
            (
                "[{when: application.years >= 3 && materials.id_card, "
                "otherwise: 年限不足, basis: law}]"
            ),
        )
    )
    assert filed(catalogue, RIGHT).application["years"] == 4
    assert refused(catalogue, RIGHT.replace("years: 4", "years: 2")) == [
        "a.yaml:10:1: KS062 2020-01 学历公证: 年限不足; application.years >= 3 && materials.id_card"
    ]
    assert refused(catalogue, RIGHT[: RIGHT.index("materials:")])[0].endswith("materials.id_card")


def test_a_portal_gets_the_same_answers_by_path(make: Make) -> None:
    """A request's body has no lines: its findings name the path of each value."""
    catalogue = make()
    body: dict[str, Any] = {
        "portal": "gd-portal",
        "application_ref": "1",
        "matter": "2020-01",
        "filed_at": "2026-03-31T09:00:00+08:00",
        "applicant": {"kind": "individual", "name": "张三", "id_number": "11010519491231002X"},
        "application": {"home_div": "430000", "years": 4},
        "materials": [{"id": "id_card"}],
    }
    assert check_filed(catalogue, json.loads(json.dumps(body))).mode == "online"
    body["application"]["home_div"] = "110103"
    with pytest.raises(FilingError) as caught:
        check_filed(catalogue, body)
    assert str(caught.value) == (
        "application.application.home_div: KS061 `application.home_div`: "
        "division 110103 was abolished (崇文区, until 2010); use today's code"
    )


def test_a_bottomless_request_is_refused(make: Make) -> None:
    """A portal's body is bounded in depth like a file."""
    body: Any = {}
    for _ in range(500):
        body = {"application": body}
    with pytest.raises(FilingError, match="nested deeper than 40 levels"):
        check_filed(make(), body)


def test_organisations_give_their_credit_code_and_founders_their_own_number(make: Make) -> None:
    """A company that does not exist yet has no 统一社会信用代码."""
    catalogue = make(("applicants: [individual]", "applicants: [enterprise, unfounded_company]"))
    founder = RIGHT.replace("kind: individual", "kind: unfounded_company")
    assert filed(catalogue, founder).applicant.kind == "unfounded_company"
    company = RIGHT.replace("kind: individual", "kind: enterprise").replace(
        "id_number: 11010519491231002X", "uscc: 91110000600037341L"
    )
    assert filed(catalogue, company).applicant.uscc == "91110000600037341L"
    assert refused(catalogue, company.replace("341L", "3410")) == [
        (
            "a.yaml:9:9: KS061 `applicant.uscc`: "
            "unified social credit code has a wrong check digit (GB 32100)"
        )
    ]
