"""Who may act: the rules of officers, and the file that they come from."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.officers import CENTRAL, Officer, Officers, inside, load_officers
from errors import SettingsError

DEPLOYED = Path(__file__).parents[2] / "deploy" / "officers.yaml"

OFFICERS = Officers(
    officers=(
        Officer(id="430000-any", division="430000", units=("*",), roles=("acceptor", "clerk")),
        Officer(id="430100-police", division="430100", units=("公安机关",), roles=("decider",)),
        Officer(id="000000-any", division="000000", units=("*",), roles=("decider",)),
    )
)


@pytest.mark.parametrize(
    ("officer", "role", "unit", "division", "refusal"),
    [
        ("430000-any", "acceptor", "公安机关", "430000", ""),
        ("430000-any", "clerk", "社会保险经办机构", "430102", ""),
        ("430100-police", "", "公安机关", "430102", ""),
        ("430100-police", "decider", "公安机关", "430102", ""),
        ("000000-any", "decider", "司法部", "000000", ""),
        (
            "nobody", "decider", "公安机关", "430000",
            "officer nobody is not registered (未登记的经办人员): add them to the officers file",
        ),
        (
            "430000-any", "acceptor", "公安机关", "440000",
            ("officer 430000-any belongs to 430000 and may not act for 440000 (行政区划不符): "
            "ask an officer of 440000"),
        ),
        (
            "430100-police", "decider", "公安机关", "430200",
            ("officer 430100-police belongs to 430100 and may not act for 430200 (行政区划不符): "
            "ask an officer of 430200"),
        ),
        (
            "000000-any", "decider", "公安机关", "430000",
            ("officer 000000-any belongs to 000000 and may not act for 430000 (行政区划不符): "
            "ask an officer of 430000"),
        ),
        (
            "430100-police", "decider", "民政部门", "430100",
            ("officer 430100-police belongs to 公安机关 and may not act for 民政部门 "
            "(实施主体不符): ask an officer of 民政部门"),
        ),
        (
            "430000-any", "decider", "公安机关", "430000",
            ("officer 430000-any has the role 受理岗、经办岗, this act needs decider (审批岗) "
            "(岗位不符): ask an officer with that role"),
        ),
    ],
)  # fmt: skip
def test_an_officer_acts_only_in_division_unit_and_role(
    officer: str, role: str, unit: str, division: str, refusal: str
) -> None:
    """Each way of not being allowed has its own clear text."""
    assert OFFICERS.refusal(officer, role, unit, division) == refusal


@given(digits=st.text("0123456789", min_size=6, max_size=6))
def test_a_division_lies_inside_its_city_and_province_and_no_other(digits: str) -> None:
    """Any county is inside its own city and province; a neighbour province is not its superior."""
    province, city = digits[:2] + "0000", digits[:4] + "00"
    if province != CENTRAL:
        assert inside(digits, province)
        assert inside(digits, city)
    assert inside(digits, digits)
    neighbour = f"{(int(digits[:2]) + 1) % 100:02d}0000"
    assert not inside(digits, neighbour)


def test_every_authority_has_an_officer_of_each_role_and_a_second_reviewer() -> None:
    """31 provinces, 兵团 and the central authorities can run every matter as deployed."""
    officers = load_officers(DEPLOYED)
    divisions = {o.division for o in officers.officers}
    assert len(divisions) == 33
    assert {"000000", "660000", "440000", "430000"} <= divisions
    for division in divisions:
        for name in ("acceptor", "reviewer", "reviewer-2", "decider", "clerk", "head"):
            role = name.removesuffix("-2")
            assert officers.refusal(f"{division}-{name}", role, "公安机关", division) == ""


def test_deployed_unit_bound_officers_act_for_their_unit_only() -> None:
    """The examples of 湖南 and 广东 are bound to their units."""
    officers = load_officers(DEPLOYED)
    for officer, unit, division in (
        ("430000-police-decider", "公安机关", "430000"),
        ("440000-pension-decider", "社会保险经办机构", "440000"),
    ):
        assert officers.refusal(officer, "decider", unit, division) == ""
        assert "实施主体不符" in officers.refusal(officer, "decider", "民政部门", division)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("officers: [\n", ":2:1: no valid YAML: correct it at this place"),
        ("officers:\n\t- {}", ":2:1: no valid YAML: correct it at this place"),
        ("- 1", ": the whole file: Input should be a valid dictionary or instance of Officers"),
        (
            'officers: [{id: a, division: 430000, units: ["*"], roles: [decider]}]',
            ": officers.0.division: Input should be a valid string: an officer is {id:",
        ),
        (
            'officers: [{id: a, division: "430000", units: ["*"], roles: [boss]}]',
            ": officers.0.roles.0: Input should be 'acceptor', 'reviewer', 'decider', 'clerk', ",
        ),
        (
            'officers: [{id: a, division: "430000", units: ["*"], roles: [decider], name: x}]',
            ": officers.0.name: Extra inputs are not permitted",
        ),
        (
            (
                'officers: [{id: a, division: "430000", units: [u], roles: [clerk]}, '
                '{id: a, division: "440000", units: [u], roles: [clerk]}]'
            ),
            "officer a is there twice",
        ),
        (
            'officers: [{id: a, division: "430000", units: [u], roles: []}]',
            ": officers.0.roles: Tuple should have at least 1 item",
        ),
        ("!!python/object/apply:os.getcwd []", ":1:1: no valid YAML: correct it at this place"),
    ],
)
def test_a_wrong_officers_file_says_where(tmp_path: Path, content: str, error: str) -> None:
    """File, place, what is wrong, what to do; no value of the file's is executed."""
    file = tmp_path / "officers.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_officers(file)
    assert str(caught.value).startswith(str(file))
    assert error in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_officers_file_is_named(tmp_path: Path) -> None:
    """No traceback: which file, and what to do."""
    with pytest.raises(SettingsError, match=r"no\.yaml cannot be read \(FileNotFoundError\)"):
        load_officers(tmp_path / "no.yaml")
