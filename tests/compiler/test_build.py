"""Compiling: text → graph, and every mistake with its own line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from compiler.catalogue import Catalogue
from compiler.plan import Plan
from errors import DefinitionError

Make = Callable[..., Catalogue]


def found(catalogue: Catalogue) -> list[str]:
    """Return all findings as people see them."""
    return [f.format() for f in catalogue.compile_all()]


def edges(plan: Plan) -> set[tuple[str, str, str]]:
    """Return a Plan's edges as triples."""
    return {(e.source, e.on, e.target) for e in plan.edges}


def test_a_sequence_goes_on_and_other_results_end(make: Make) -> None:
    """The first result goes to the next step, `on` leads elsewhere, an ending ends."""
    catalogue = make()
    assert found(catalogue) == []
    plan = catalogue.plan("2020-01")
    assert plan.start == "intake"
    assert edges(plan) == {
        ("intake", "done", "check"), ("check", "done", "accept"),
        ("accept", "accepted", "decide"), ("accept", "not_accepted", "tell"),
        ("accept", "lapsed", "end"),
        ("decide", "approved", "tell"), ("decide", "rejected", "end"), ("decide", "lapsed", "end"),
        ("tell", "done", "end"),
    }  # fmt: skip
    assert plan.digest == plan.sealed().digest
    assert plan.places["handling"].value == "application.home_div"
    assert plan.steps["decide"].within == "20 workdays"


BLOCKS = """\
steps:
  - intake: {kind: intake, at: filing}
  - pick:
      kind: choose
      at: handling
      cases:
        long: {when: application.years > 3, steps: [{ask: {kind: review, at: handling}}]}
      otherwise: [{quick: {kind: review, at: handling}}]
  - both:
      kind: parallel
      at: handling
      branches:
        data: [{look: {kind: data_check, at: handling, unit: 公安机关}}]
        act: [{decide: {kind: decide, at: handling}}]
  - hand:
      kind: handle
      at: handling
      steps:
        - test:
            kind: when
            at: handling
            guard: look.verified
            then: [{make: {kind: issue, at: handling, document: 证书}}]
        - send: {kind: deliver, at: handling}
  - again:
      kind: repeat
      at: filing
      until: seen.verified
      most: 3
      on: {exhausted: end}
      steps: [{seen: {kind: data_check, at: filing, unit: 平台}}]
"""


def test_blocks_become_edges(make: Make) -> None:
    """`handle`, `parallel` and `repeat` return; `when` and `choose` go on to what follows."""
    procedure = _procedure(BLOCKS)
    catalogue = make(procedure=procedure)
    assert found(catalogue) == []
    plan = catalogue.plan("2020-01")
    assert edges(plan) == {
        ("intake", "done", "pick"),
        ("pick", "long", "ask"), ("pick", "otherwise", "quick"),
        ("ask", "done", "both"), ("quick", "done", "both"),
        ("both", "data", "look"), ("both", "act", "decide"), ("both", "done", "hand"),
        ("both", "failed", "end"),
        ("look", "done", "return"), ("decide", "approved", "return"),
        ("decide", "rejected", "return"), ("decide", "lapsed", "return"),
        ("hand", "enter", "test"), ("hand", "done", "again"),
        ("test", "true", "make"), ("test", "false", "send"), ("make", "done", "send"),
        ("send", "done", "return"),
        ("again", "enter", "seen"), ("again", "done", "end"), ("again", "exhausted", "end"),
        ("seen", "done", "return"),
    }  # fmt: skip
    assert set(plan.guards) == {"pick/long", "test", "again"}


def _procedure(steps: str) -> str:
    head = """\
procedure: plain
title: 全程网办
home: filing
places:
  filing: {is: 申报地, value: portal.division, unit: 平台}
  handling:
waits:
  agency: {owner: 办理机关, late: [red@100%]}
"""
    return head + steps


CHANGE = ("    procedure: plain\n", "    procedure: plain\n    change: {%s}\n")


def change(text: str) -> tuple[str, str]:
    """Return the replacement that adds a `change` to the matter's mode."""
    return CHANGE[0], CHANGE[1] % text


def test_a_matter_changes_the_procedure_by_step_id(make: Make) -> None:
    """Override a parameter, drop a step, insert before and after."""
    catalogue = make(
        change(
            "decide: {within: 5 workdays, before: {see: {kind: review, at: handling}}}, "
            "check: {drop: true}, tell: {after: {file: {kind: archive, at: handling}}}"
        )
    )
    assert found(catalogue) == []
    plan = catalogue.plan("2020-01")
    assert list(plan.steps) == ["intake", "accept", "see", "decide", "tell", "file"]
    assert plan.steps["decide"].within == "5 workdays"
    assert plan.target("tell", "done") == "file"


def test_parameters_come_from_the_mode_or_their_default(make: Make) -> None:
    """The value keeps the line where it was written."""
    catalogue = make(
        ("    procedure: plain\n", "    procedure: plain\n    with: {decision: 3 days}\n")
    )
    assert catalogue.plan("2020-01").steps["decide"].within == "3 days"
    node = catalogue.built("2020-01", "online").draft.texts["decide"].node.get("within")
    assert node is not None
    assert (node.file, node.line) == ("2020/01.yaml", 22)


CASES: dict[str, tuple[tuple[str, str], str]] = {
    "unknown key": (
        ("cooperating: [教育部]", "cooperatng: [教育部]"),
        "2020/01.yaml:6:1: KS010 unknown key `cooperatng`; did you mean `cooperating`?",
    ),
    "unknown key of a step": (
        ("{kind: intake, at: filing}", "{kind: intake, att: filing}"),
        "procedures/plain.yaml:12:28: KS010 unknown key `att`; did you mean `at`?",
    ),
    "unquoted comma": (
        ("decided_by: {place: handling, basis: default}",
         "decided_by: {place: handling, basis: default, note: 户籍地, 学校}"),
        ("2020/01.yaml:14:58: KS010 unknown key `学校`; "
        "a comma ends unquoted text inside { }: put it in quotes"),
    ),
    "wrong type": (
        ("lead: 司法部", "lead: 7"),
        "2020/01.yaml:5:7: KS011 `lead` must be text, not the number 7",
    ),
    "wrong choice": (
        ("item_type: 公共服务", "item_type: 公共服勿"),
        "families.yaml:15:16: KS011 `item_type` cannot be `公共服勿`; did you mean `公共服务`?",
    ),
    "wrong span": (
        ("promised: 20 workdays", "promised: 20 day"),
        ("families.yaml:10:28: KS011 `rules.time_limit.promised` must be a span of time like "
        "`15 workdays`, `30 days`, `48 hours` or `30 minutes`"),
    ),
    "missing key": (
        ("lead: 司法部\n", ""),
        "2020/01.yaml:1:1: KS012 `lead` is missing",
    ),
    "unknown family": (
        ("family: 证明", "family: 证名"),
        "2020/01.yaml:7:9: KS020 unknown family `证名`; families: 证明",
    ),
    "unknown procedure": (
        ("procedure: plain\n", "procedure: plan\n"),
        "2020/01.yaml:21:16: KS020 unknown procedure `plan`; did you mean `plain`?",
    ),
    "unknown kind": (
        ("kind: decide", "kind: decied"),
        "procedures/plain.yaml:15:20: KS020 unknown step kind `decied`; did you mean `decide`?",
    ),
    "unknown wait": (
        change("decide: {wait: agancy}"),
        "2020/01.yaml:22:29: KS020 unknown wait `agancy`; did you mean `agency`?",
    ),
    "unknown place": (
        ("{kind: notify, at: filing,", "{kind: notify, at: fileing,"),
        "procedures/plain.yaml:16:30: KS020 unknown place `fileing`; did you mean `filing`?",
    ),
    "unbound place": (
        ("  handling: {is: 户籍地, value: application.home_div, unit: 公证处}",
         "  other: {is: 户籍地, value: application.home_div, unit: 公证处}"),
        ("2020/01.yaml:21:16: KS043 place `handling` of procedure `plain` is not bound; "
        "say `places: {handling: {is: …, value: application.FIELD, unit: …}}`"),
    ),
    "place bound to no division": (
        ("value: application.home_div", "value: application.years"),
        ("2020/01.yaml:13:30: KS043 place `handling` is bound to `application.years`, which is of "
        "type integer; bind it to a field of type division"),
    ),
    "unknown parameter": (
        ("within: $decision", "within: $decisoin"),
        ("procedures/plain.yaml:15:50: KS020 unknown parameter `$decisoin`; "
        "did you mean `$decision`?"),
    ),
    "dangling reference": (
        ("on: {not_accepted: tell}", "on: {not_accepted: tel}"),
        ("procedures/plain.yaml:14:75: KS021 `on` leads to step `tel`, which does not exist; "
        "did you mean `tell`?"),
    ),
    "reference back": (
        ("on: {not_accepted: tell}", "on: {not_accepted: check}"),
        ("procedures/plain.yaml:14:75: KS021 `on` leads back to step `check`; "
        "use a `repeat` block, which is bounded"),
    ),
    "reference to a dropped step": (
        change("tell: {drop: true}"),
        ("procedures/plain.yaml:14:75: KS021 `on` leads to step `tell`, which the matter's "
        "`change` drops"),
    ),
    "change of no step": (
        change("decied: {within: 5 days}"),
        ("2020/01.yaml:22:14: KS021 `change` names step `decied`, which does not exist; "
        "did you mean `decide`?"),
    ),
    "step id twice": (
        change("tell: {after: {check: {kind: archive, at: handling}}}"),
        (
            "2020/01.yaml:22:29: KS022 step id `check` is used twice; "
            "first at procedures/plain.yaml:13"
        ),
    ),
    "reserved step id": (
        ("- check:", "- materials:"),
        ("procedures/plain.yaml:13:5: KS022 `materials` cannot be a step id; use small letters, "
        "digits and _; these words are taken: applicant, application, end, materials, portal, "
        "return"),
    ),
    "unknown result": (
        ("on: {not_accepted: tell}", "on: {not_acepted: tell}"),
        ("procedures/plain.yaml:14:74: KS025 step `accept` cannot end with `not_acepted`; "
        "did you mean `not_accepted`?"),
    ),
    "silence of a letter that does not say what it means": (
        change("check: {after: {ask: {kind: exchange, from: filing, to: handling, "
               "send: {name: 函}, on: {lapsed: tell}}}}"),
        ("2020/01.yaml:22:110: KS025 step `ask` cannot end with `lapsed`; "
        "say what a silence means with `lapse`"),
    ),
    "silence without a limit": (
        change("check: {after: {ask: {kind: exchange, from: filing, to: handling, "
               "send: {name: 函}, lapse: {outcome: terminated, notice: 无}}}}"),
        ("2020/01.yaml:22:35: KS011 this: `lapse` needs `within`: the limit that passes"),
    ),
    "unknown name in a guard": (
        change("decide: {require: {guard: check.verifed, otherwise: {task: 核验, owner: 机关}}}"),
        ("2020/01.yaml:22:45: KS030 guard: `check.verifed` is not known here; "
        "did you mean `check.verified`?"),
    ),
    "guard on an optional field": (
        ("[{text: 符合条件, basis: default}]",
         "[{when: application.note != '', otherwise: 无, basis: default}]"),
        ("families.yaml:6:36: KS030 guard: `application.note` is not certain here; "
        "guards see required fields, and outputs of steps that always come before"),
    ),
    "guard on a later step": (
        change("accept: {before: {w: {kind: when, at: handling, guard: file.number == '1', "
               "then: [{x: {kind: archive, at: handling}}]}}}, "
               "tell: {after: {file: {kind: issue, at: handling, document: 证}}}"),
        ("2020/01.yaml:22:73: KS030 guard: `file.number` is not certain here; "
        "guards see required fields, and outputs of steps that always come before"),
    ),
    "guard that is no truth value": (
        change("decide: {require: {guard: 'application.years', otherwise: {task: 核, owner: 机}}}"),
        "2020/01.yaml:22:41: KS030 guard: guard must be true or false, this is int",
    ),
    "act without authority": (
        ("{kind: accept, at: handling", "{kind: accept, at: filing"),
        ("procedures/plain.yaml:14:32: KS044 step `accept` (受理) acts at `filing`, but `handling` "
        "has the power; act at `handling`, or correct `decided_by`"),
    ),
    "appearance online": (
        change("tell: {before: {see: {kind: capture, at: filing, what: [photo]}}}"),
        ("2020/01.yaml:22:30: KS042 step `see` (现场采集) forces the applicant to appear in online "
        "mode; check remotely, or name the law in `onsite_required_by`"),
    ),
    "evidence that is not there": (
        ("evidence: 可异地申请", "evidence: 可就近申请"),
        ("2020/01.yaml:20:15: KS045 the evidence of mode `online` does not stand in the scenario; "
        "quote it word for word"),
    ),
    "promise above the law": (
        ("promised: 20 workdays,", "promised: 20 workdays, statutory: 15 workdays,"),
        ("families.yaml:10:28: KS046 promised 20 workdays is longer than statutory 15 workdays; "
        "promise at most what the law allows"),
    ),
    "ladder": (
        ("remind@50%", "remnd@50%"),
        ("procedures/plain.yaml:10:25: KS047 wait `agency`: `remnd@50%` is no rung of a ladder; "
        "write it like `yellow@80%`"),
    ),
    "code and number": (
        ("number: 1}", "number: 2}"),
        (
            "2020/01.yaml:1:7: KS048 code 2020-01 is not number 2 of list 1; "
            "correct `code` or `source`"
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_at_its_own_place(make: Make, case: str) -> None:
    """Each mistake is exactly one finding with position, code, words and a fix."""
    edit, expected = CASES[case]
    assert found(make(edit)) == [expected]


def test_a_path_without_an_outcome_is_told(make: Make) -> None:
    """A case whose decision is dropped would end with nothing."""
    assert found(make(change("decide: {drop: true}"))) == [
        (
            "procedures/plain.yaml:16:5: KS041 the case can end after step `tell` (done) without "
            "an outcome; decide before, or give the step an `outcome`"
        )
    ]


def test_an_unreachable_step_is_told(make: Make) -> None:
    """A step that every path skips is dead text."""
    steps = """\
steps:
  - intake: {kind: intake, at: filing}
  - w:
      kind: when
      at: filing
      guard: application.years > 1
      on: {"false": end}
      then: [{d: {kind: decide, at: handling, on: {approved: end}}}]
  - dead: {kind: notify, at: filing, notice: 告知}
"""
    lines = found(make(procedure=_procedure(steps)))
    assert lines == [
        (
            "procedures/plain.yaml:11:5: KS041 the case can end after step `w` (false) without an "
            "outcome; decide before, or give the step an `outcome`"
        ),
        (
            "procedures/plain.yaml:17:5: KS040 step `dead` can never be reached; "
            "lead to it with `on`, or take it out"
        ),
    ]


def test_a_reference_out_of_a_block_is_told(make: Make) -> None:
    """Another place's steps are not reached by `on`."""
    steps = """\
steps:
  - hand:
      kind: handle
      at: handling
      steps: [{d: {kind: decide, at: handling, on: {rejected: tell}}}]
  - tell: {kind: notify, at: filing, notice: 告知}
"""
    assert found(make(procedure=_procedure(steps))) == [
        (
            "procedures/plain.yaml:13:63: KS021 `on` leads to step `tell`, which is in another "
            "block; say `return`, and go on from the block"
        )
    ]


def test_all_findings_come_in_one_pass(make: Make) -> None:
    """An author corrects everything at once; the Plan is refused with the same lines."""
    catalogue = make(
        ("on: {not_accepted: tell}", "on: {not_accepted: tel}"),
        ("evidence: 可异地申请", "evidence: 可就近申请"),
        ("within: $decision", "within: $decisoin"),
    )
    lines = found(catalogue)
    assert [line.split(": ")[1][:5] for line in lines] == ["KS045", "KS021", "KS020"]
    with pytest.raises(DefinitionError) as caught:
        catalogue.plan("2020-01")
    assert list(caught.value.lines) == lines


def test_a_mode_may_have_rules_of_its_own(make: Make) -> None:
    """The mode's promise wins in its Plan only."""
    rules = "    rules: {time_limit: {promised: 5 workdays, basis: default}}\n"
    catalogue = make(("    procedure: plain\n", "    procedure: plain\n" + rules))
    assert catalogue.plan("2020-01").promised == "5 workdays"
    assert catalogue.matters["2020-01"].matter.rules.time_limit.promised == "20 workdays"


def test_a_matter_that_supersedes_none_is_told(make: Make) -> None:
    """The router would find two matches, or a link into nothing."""
    assert found(make(("family: 证明\napp", "supersedes: [2020-02]\nfamily: 证明\napp"))) == [
        "2020/01.yaml:7:1: KS020 supersedes unknown matter `2020-02`"
    ]
