"""The time law of each regime, and what a wrong file is told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from compiler.catalogue import Catalogue
from compiler.definition import LegalRegime
from compiler.regimes import REGIMES, load_regimes, terms
from compiler.terms import RegimeTerms
from errors import NotFoundError, SettingsError

SPECIAL = ("听证", "招标", "拍卖", "检验", "检测", "检疫", "鉴定", "专家评审")


def test_only_the_licensing_law_gives_ten_more_days_and_deems_accepted() -> None:
    """20 (+10), the closed list of 特别程序 and 视为受理 are 行政许可法 only."""
    for name in load_regimes():
        found = terms(name)
        licensing = name == "行政许可"
        assert (found.extension == "10 workdays") is licensing
        assert (found.extension is not None) is licensing
        assert found.deemed is licensing
        assert (found.special == SPECIAL) is licensing


def test_a_notary_has_a_limit_of_its_own() -> None:
    """公证法 30: 15 working days, for which three things stand still; nobody may extend it."""
    notary = load_regimes()["公证"]
    assert notary.decision.limit == "15 workdays"
    assert notary.special.procedures == ("不可抗力", "补充证明材料", "核实有关情况")
    assert notary.terms.extension is None


def test_a_regime_without_a_law_is_the_default() -> None:
    """So a Plan of such a matter says nothing of its regime."""
    for name in set(get_args(LegalRegime)) - {"行政许可", "公证"}:
        assert terms(name) == RegimeTerms()
        assert load_regimes()[name].decision.limit is None


def test_every_matter_has_a_regime() -> None:
    """The catalogue names no other."""
    named = {entry.matter.legal_regime for entry in Catalogue.load().matters.values()}
    assert named <= load_regimes().keys()


def test_an_unknown_regime_is_refused_with_those_that_are_known() -> None:
    """One line, and what could be meant."""
    with pytest.raises(NotFoundError, match=r"no legal regime 行政处罚: known are 行政许可、"):
        terms("行政处罚")


def test_the_documents_say_the_same() -> None:
    """Limits, extensions, procedures and fiction in docs/matters.md are those of the file."""
    text = (REGIMES.parent.parent / "docs" / "matters.md").read_text("utf-8")
    for name, regime in load_regimes().items():
        found = re.search(rf"^\| `{name}` \|(.*)\|$", text, re.MULTILINE)
        assert found, name
        said = [cell.strip() for cell in found[1].split("|")]
        more = regime.extension
        assert said[:4] == [
            regime.decision.limit or "–",
            f"{more.limit}, once" if more.limit and more.times == 1 else "–",
            " ".join(regime.special.procedures) or "–",
            "yes" if regime.deemed.accepted else "–",
        ]
        limits = [regime.acceptance.limit, regime.correction.limit, regime.delivery.limit]
        assert limits == ["5 workdays", "10 workdays", "10 workdays"]
    assert "acceptance takes 5 working days, a correction (补正) 10 and delivery 10;" in text


def changed(folder: Path, regime: str, **said: Any) -> Path:
    """Write a file in which one regime says something else."""
    content = yaml.safe_load(REGIMES.read_text("utf-8"))
    content[regime] = {**content[regime], **said}
    path = folder / "regimes.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return path


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"delivery": {"limit": "ten days", "basis": "default"}}, "公证.delivery.limit: "),
        ({"decision": {"limit": "15 workdays", "basis": "law"}}, "`basis: law` names its `law`"),
        ({"correction": {"basis": "default"}}, "公证.correction.limit: Field required"),
        (
            {"extension": {"limit": "10 days", "law": "公证法", "basis": "law"}},
            "an extension needs a decision's limit of the same unit",
        ),
        ({"urgent": {"basis": "default"}}, "公证.urgent: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, said: dict[str, Any], message: str) -> None:
    """File, regime, key, and what is wrong with it."""
    with pytest.raises(SettingsError) as caught:
        load_regimes(changed(tmp_path, "公证", **said))
    assert message in str(caught.value)
    assert "regimes.yaml, 公证" in str(caught.value)


def test_a_regime_that_is_missing_is_named(tmp_path: Path) -> None:
    """A matter could name it, and then a case would have no time law."""
    content = yaml.safe_load(REGIMES.read_text("utf-8"))
    del content["行政裁决"]
    path = tmp_path / "regimes.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(SettingsError, match="these differ: 行政裁决: add or remove them"):
        load_regimes(path)


def test_a_file_that_is_missing_or_broken_is_one_line(tmp_path: Path) -> None:
    """No traceback of a YAML reader."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load_regimes(tmp_path / "nothing.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("行政许可: {", "utf-8")
    with pytest.raises(SettingsError, match="is not YAML"):
        load_regimes(broken)
