"""What the catalogue says of the source document stands there, word for word."""

from __future__ import annotations

import re

from compiler.catalogue import Catalogue

Annex = dict[str, dict[str, str]]

RULES = (
    "conditions", "filing", "acceptance", "review", "time_limit", "certificate", "fee",
)  # fmt: skip


def test_all_140_matters_equal_the_source_cell_by_cell(catalogue: Catalogue, annex: Annex) -> None:
    """Phase, number, name, scenario, lead, cooperating units and deadline are verbatim."""
    ours = {
        code: {
            "phase": str(entry.matter.source.list),
            "no": str(entry.matter.source.number),
            "name": entry.matter.name,
            "scenario": entry.matter.scenario,
            "lead": entry.matter.lead,
            "cooperating": "、".join(entry.matter.cooperating),
            "deadline": entry.matter.source.deadline,
        }
        for code, entry in catalogue.matters.items()
    }
    assert len(annex) == 140
    assert ours == {
        code: {cell: row[cell] for cell in next(iter(ours.values()))} for code, row in annex.items()
    }


def test_evidence_of_every_mode_stands_in_its_scenario(catalogue: Catalogue) -> None:
    """A mode that the source decides quotes it; every other one says why it is offered."""
    wrong = [
        (code, name)
        for code, entry in catalogue.matters.items()
        for name, mode in entry.matter.modes.items()
        if not (
            (mode.evidence and mode.evidence in entry.matter.scenario and not mode.reason)
            if mode.basis == "source"
            else (mode.reason and not mode.evidence)
        )
    ]
    assert wrong == []


def test_fifty_scenarios_decide_a_mode(catalogue: Catalogue) -> None:
    """No more modes claim the source than the source decides."""
    decided = [
        code
        for code, entry in catalogue.matters.items()
        if any(mode.basis == "source" for mode in entry.matter.modes.values())
    ]
    assert len(decided) == 50


def test_lifted_limits_are_the_words_of_the_scenario(catalogue: Catalogue) -> None:
    """`not_limited_by` holds exactly what stands in 不受…限制, split at 或 and 、."""
    for code, entry in catalogue.matters.items():
        found = re.search(r"不受(.+?)限制", entry.matter.scenario)
        lifted = tuple(re.split("[或、]", found[1])) if found else ()
        assert entry.matter.not_limited_by == lifted, code


def test_restrictions_are_verbatim(catalogue: Catalogue) -> None:
    """Every phrase of `limits` stands in the name, the scenario or the deadline."""
    for code, entry in catalogue.matters.items():
        matter = entry.matter
        text = f"{matter.name}\n{matter.scenario}\n{matter.source.deadline}"
        for phrase in matter.limits.model_dump().values():
            assert phrase in text, code


def test_a_decider_named_by_the_source_is_quoted(catalogue: Catalogue) -> None:
    """`decided_by` with `basis: source` quotes the scenario; any other says why."""
    for code, entry in catalogue.matters.items():
        decided = entry.matter.decided_by
        assert decided.note, code
        if decided.basis == "source":
            assert decided.note.split(";")[0] in entry.matter.scenario, code


def test_conditions_from_the_source_stand_in_it(catalogue: Catalogue) -> None:
    """A condition with `basis: source` is made of the source's own words."""
    for code, entry in catalogue.matters.items():
        for condition in entry.matter.rules.conditions:
            if condition.basis == "source":
                assert condition.text, code
                assert condition.text in entry.matter.name + entry.matter.scenario, code


def test_every_matter_has_the_seven_rule_elements_with_a_basis(catalogue: Catalogue) -> None:
    """四(三): 申请条件 申报方式 受理模式 审核程序 办理时限 发证方式 收费标准; a law is named."""
    assert len(catalogue.matters) == 140
    for code, entry in catalogue.matters.items():
        rules = entry.matter.rules.model_dump()
        assert set(rules) == set(RULES), code
        for element in rules.values():
            for part in element if isinstance(element, (list, tuple)) else [element]:
                assert part["basis"] in ("source", "law", "default"), code
        if entry.matter.rules.time_limit.basis == "law":
            assert entry.matter.rules.time_limit.legal_basis, code


def test_target_dates_are_those_of_the_lists(catalogue: Catalogue) -> None:
    """The first two lists have one date each; the third only where its deadline names one."""
    third = {
        "later-03": "2025-12-31", "later-05": "2022-06-30", "later-06": "2022-06-30",
        "later-07": "2022-12-31", "later-08": "2022-12-31",
    }  # fmt: skip
    of_list = {1: "2020-12-31", 2: "2021-12-31"}
    for code, entry in catalogue.matters.items():
        due = entry.matter.due_by
        expected = of_list.get(entry.matter.source.list) or third.get(code)
        assert (due.isoformat() if due else None) == expected, code
