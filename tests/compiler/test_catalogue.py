"""The catalogue as a whole, and the Plans that are published from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.catalogue import Catalogue
from compiler.plan import Plan
from compiler.published import PlanStore
from errors import DefinitionError, NotFoundError, SettingsError

Make = Callable[..., Catalogue]


@pytest.fixture(scope="module")
def everything() -> Catalogue:
    """The catalogue that comes with the program."""
    return Catalogue.load()


def test_all_140_matters_compile_in_all_their_modes(everything: Catalogue) -> None:
    """Nothing in the catalogue has a finding."""
    assert [f.format() for f in everything.compile_all()] == []
    assert len(everything.matters) == 140


def test_a_plan_survives_its_journey_as_json(everything: Catalogue) -> None:
    """What a workflow's input holds is the Plan that was compiled, to the last digit."""
    for code, entry in everything.matters.items():
        for mode in entry.matter.modes:
            plan = everything.plan(code, mode)
            text = plan.model_dump_json(by_alias=True, exclude_defaults=True)
            back = Plan.model_validate_json(text)
            assert back == plan
            assert back.sealed().digest == plan.digest


def test_compiling_again_gives_the_same_digests(everything: Catalogue) -> None:
    """A digest depends on the text alone."""
    again = Catalogue.load()
    for code in ("2021-02", "2020-07", "2020-29"):
        assert again.plan(code).digest == everything.plan(code).digest


def test_a_matter_is_found_by_code_name_or_both(make: Make) -> None:
    """However an operator writes it."""
    catalogue = make()
    for text in ("2020-01", "学历公证", "2020-01 学历公证", " 2020-01 "):
        assert catalogue.find(text).matter.code == "2020-01"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2020-1", "no matter `2020-1`: did you mean `2020-01`?"),
        ("学位公证", "no matter `学位公证`: did you mean `学历公证`?"),
        ("xyz", "no matter `xyz`: `kuasheng matters list` shows all"),
        ("2020-01 学位公证", "no matter `2020-01 学位公证`: `kuasheng matters list` shows all"),
    ],
)
def test_an_unknown_matter_is_told_with_what_is_near(make: Make, text: str, message: str) -> None:
    """A slip of the finger gets an answer that helps."""
    with pytest.raises(NotFoundError) as caught:
        make().find(text)
    assert str(caught.value) == message


def test_an_unknown_mode_names_those_there_are(make: Make) -> None:
    """The matter's own modes are the fix."""
    with pytest.raises(NotFoundError) as caught:
        make().plan("2020-01", "joint")
    assert str(caught.value) == "2020-01 学历公证 has no mode `joint`: it has online"


def test_a_matter_with_findings_is_not_called_unknown(make: Make) -> None:
    """Who asks for it is told what is wrong with it."""
    with pytest.raises(DefinitionError) as caught:
        make(("lead: 司法部", "lead: 7")).plan("2020-01")
    assert str(caught.value) == ("2020/01.yaml:5:7: KS011 `lead` must be text, not the number 7")


def test_families_merge_down_the_chain_and_a_circle_is_found(make: Make) -> None:
    """A family of a family gives what it does not say itself; a circle is told, not walked."""
    child = "  公证:\n    family: 证明\n    themes: [公证]\n"
    base = "    legal_regime: 公共服务\n"
    catalogue = make(
        (base, base + child), ("family: 证明\napplication", "family: 公证\napplication")
    )
    matter = catalogue.find("2020-01").matter
    assert (matter.item_type, matter.themes, matter.family) == ("公共服务", ("公证",), "公证")
    circle = make(
        (base, base + "    family: 公证\n" + child),
        ("family: 证明\napplication", "family: 公证\napplication"),
    )
    assert "families.yaml:17:13: KS020 unknown family `公证` (it is its own family)" in [
        f.format().partition("; ")[0] for f in circle.findings
    ]


def test_two_files_with_one_code_are_found(make: Make, tmp_path: Path) -> None:
    """A code means one matter."""
    make()
    text = (tmp_path / "2020/01.yaml").read_text(encoding="utf-8")
    (tmp_path / "2020/02.yaml").write_text(text, encoding="utf-8")
    assert [f.format() for f in Catalogue.load(tmp_path).findings] == [
        "2020/02.yaml:1:7: KS024 matter 2020-01 is defined in two files; take one out"
    ]


def test_a_published_plan_is_found_by_its_digest(make: Make, tmp_path: Path) -> None:
    """Also after the catalogue has moved on; publishing again changes nothing."""
    store = PlanStore(tmp_path / "plans")
    catalogue = make()
    old = store.publish(catalogue)["2020-01", "online"]
    changed = make(("default: 20 workdays", "default: 10 workdays"))
    new = store.publish(changed)["2020-01", "online"]
    assert old != new
    assert store.get(old) == catalogue.plan("2020-01")
    assert store.get(new) == changed.plan("2020-01")
    files = sorted(path.name for path in (tmp_path / "plans").rglob("*") if path.is_file())
    assert files == sorted([f"{old}.json", f"{new}.json"])
    store.publish(changed)
    assert files == sorted(p.name for p in (tmp_path / "plans").rglob("*") if p.is_file())


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../etc/passwd", "A" * 64])
def test_an_unknown_digest_is_none(tmp_path: Path, digest: str) -> None:
    """Nothing is compiled or read outside the store."""
    assert PlanStore(tmp_path).get(digest) is None


@pytest.mark.parametrize("damage", ["{}", "", '{"matter": 1}', None])
def test_a_changed_plan_is_refused(make: Make, tmp_path: Path, damage: str | None) -> None:
    """A file that is not what was published never becomes a case's rules."""
    store = PlanStore(tmp_path / "plans")
    digest = store.put(make().plan("2020-01"))
    path = next((tmp_path / "plans").rglob("*.json"))
    text = path.read_text(encoding="utf-8")
    other = text.replace("20 workdays", "30 workdays") if damage is None else damage
    assert other != text
    path.write_text(other, encoding="utf-8")
    with pytest.raises(SettingsError, match="is not what was published"):
        store.get(digest)


def test_a_catalogue_with_findings_publishes_nothing_of_them(make: Make, tmp_path: Path) -> None:
    """A broken matter is an error with its lines."""
    catalogue = make(("on: {not_accepted: tell}", "on: {not_accepted: tel}"))
    with pytest.raises(DefinitionError, match="KS021"):
        PlanStore(tmp_path / "plans").publish(catalogue)
