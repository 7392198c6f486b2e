"""A catalogue of one matter, small enough to read beside the test that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.catalogue import Catalogue

FAMILIES = """\
common:
  source: {document: 国办发〔2020〕35号}
  applicants: [individual]
  handling_level: [city]
  rules:
    conditions: [{text: 符合条件, basis: default}]
    filing: {channels: [online], basis: default}
    acceptance: {basis: default}
    review: {policy: sequential, basis: default}
    time_limit: {promised: 20 workdays, basis: default}
    certificate: {form: none, basis: default}
    fee: {amount: 0, basis: default}
families:
  证明:
    item_type: 公共服务
    legal_regime: 公共服务
"""

PROCEDURE = """\
procedure: plain
title: 全程网办
home: filing
places:
  filing: {is: 申报地, value: portal.division, unit: 平台}
  handling:
params:
  decision: {type: duration, default: 20 workdays}
waits:
  agency: {owner: 办理机关, late: [remind@50%, red@100%]}
steps:
  - intake: {kind: intake, at: filing}
  - check: {kind: data_check, at: handling, unit: 公安机关}
  - accept: {kind: accept, at: handling, wait: agency, on: {not_accepted: tell}}
  - decide: {kind: decide, at: handling, within: $decision, wait: agency}
  - tell: {kind: notify, at: filing, notice: 告知}
"""

MATTER = """\
code: "2020-01"
name: 学历公证
source: {list: 1, number: 1}
scenario: 申请人可异地申请学历公证,不受户籍地限制。
lead: 司法部
cooperating: [教育部]
family: 证明
application:
  home_div: {type: division, label: 户籍地}
  years: {type: integer}
  note: {type: text, optional: true}
places:
  handling: {is: 户籍地, value: application.home_div, unit: 公证处}
decided_by: {place: handling, basis: default}
materials:
  - {id: id_card, name: 居民身份证, trust: A}
modes:
  online:
    basis: source
    evidence: 可异地申请
    procedure: plain
"""

Make = Callable[..., Catalogue]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that writes the catalogue and loads it; findings name files from there."""
    monkeypatch.chdir(tmp_path)

    def write(
        *changes: tuple[str, str], matter: str = MATTER, procedure: str = PROCEDURE
    ) -> Catalogue:
        texts = {"families.yaml": FAMILIES, "procedures/plain.yaml": procedure}
        texts["2020/01.yaml"] = matter
        for old, new in changes:
            holders = [name for name, text in texts.items() if old in text]
            assert holders, f"no text has {old!r}"
            texts[holders[-1]] = texts[holders[-1]].replace(old, new, 1)
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return Catalogue.load(tmp_path)

    return write
