"""Templates: all of them render whole, and a wrong one is told at its line."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest

from activities.numbers import WORDS
from compiler.applicant import Applicant
from compiler.catalogue import ROOT
from compiler.definition import LegalRegime
from documents.render import identity, issued, render
from documents.templates import Template, Templates
from errors import DefinitionError, NotFoundError
from workflows.contracts import AnyCommand
from workflows.contracts.documents import OfficialDocument, Subject

TEMPLATES = Templates.load()
PERSON = Applicant(kind="individual", name="林晓梅", id_number="430102199003078524")
SUBJECT = Subject(
    case_no="440000-20260301-ABCDEFGH",
    matter="2021-02 开具户籍类证明",
    mode="collect",
    regime="行政许可",
    applicant=PERSON,
    materials=("居民身份证", "申请表"),
)
DOCUMENT = OfficialDocument(
    template="",
    title="",
    number="430102公安机关受理〔2026〕12号",
    at=dt.datetime(2026, 2, 28, 23, 30, tzinfo=dt.UTC),
    unit="公安机关",
    division="430102",
)

each_template = pytest.mark.parametrize(
    "template", list(TEMPLATES), ids=lambda template: template.id
)
each_regime = pytest.mark.parametrize("regime", get_args(LegalRegime))

WORDS_OF_OTHERS = {"supply", "urge", "withdraw", "rate", "recompute"}

NO_DOCUMENT = {
    # Opinions and evidence stand in the case's file, not in a letter to somebody.
    "pass", "fail", "capture", "resolve", "sign",
    # How officers pass a task on among themselves.
    "claim", "release", "transfer", "delegate", "add_signer", "copy", "send_back",
    # The custody note of a hand-over is issued by the case itself, for both who hand over.
    "dispatch", "sign_for",
    # How a bad rating is looked into: the unit's own record, until it is told to put things right.
    "appeal", "uphold", "dismiss", "call_back",
    # What a unit says to its own superior, and whether that is enough.
    "answer_supervision", "close_out",
    # An entry in another platform's register, which has its own number.
    "record_credit",
    # Words of the applicant, and of an operator: no act of a unit.
    *WORDS_OF_OTHERS,
}  # fmt: skip
"""Verdicts and acts that issue no document, and why."""


def document(
    template: Template, facts: dict[str, str], subject: Subject = SUBJECT
) -> OfficialDocument:
    return issued(template, DOCUMENT.model_copy(update={"template": template.id}), subject, facts)


REFUSED = {"reply": {"name"}}
"""Template → facts that it does not say while it says all the others."""


def sample(template: Template) -> dict[str, str]:
    """Every fact that a template declares, each recognisable in the text."""
    return {name: f"《{name}》" for name in template.definition.facts}


@each_template
@each_regime
def test_a_template_says_every_fact_and_its_whole_head(template: Template, regime: str) -> None:
    """Title, number, unit, date in China, applicant, case number, matter; text and page alike."""
    subject = SUBJECT.model_copy(update={"regime": regime})
    made = document(template, sample(template), subject)
    shown = render(template, made, subject)
    heads = (template.definition.title, DOCUMENT.number, "公安机关", "（盖章）", "2026年3月1日",
             "林晓梅", SUBJECT.case_no, "开具户籍类证明", "430102********8524")  # fmt: skip
    for text in heads:
        assert text in shown.text
        assert text in shown.html
    # A reply that is refused gives no letter that could be named.
    for fact in template.definition.facts.keys() - REFUSED.get(template.id, set()):
        assert f"《{fact}》" in shown.text
        assert f"《{fact}》" in shown.html
    assert "199003" not in shown.text + shown.html
    assert not re.search(r"[{}]|None|。。|，，", shown.text)


@each_template
def test_a_template_without_any_fact_still_reads_whole(template: Template) -> None:
    """What a workflow does not tell is left out or named as such; nothing is undefined."""
    shown = render(template, document(template, {}), SUBJECT)
    assert not re.search(r"[{}]|None|：。|“”|（）", shown.text)


@each_template
def test_a_digest_is_that_of_the_text(template: Template) -> None:
    """SHA-256 of the text, the same whenever it is made again, on the page too."""
    made = document(template, sample(template))
    shown = render(template, made, SUBJECT)
    assert made.digest == shown.digest == hashlib.sha256(shown.text.encode()).hexdigest()
    assert made.digest in shown.html
    assert made.version == template.version
    assert re.fullmatch(r"[0-9a-f]{12}", made.version)


def test_a_document_stays_what_it_was_when_papers_come_later() -> None:
    """A receipt lists what was there when it was given, also once a correction brought more."""
    template = TEMPLATES.get("intake_receipt")
    made = document(template, {})
    assert made.facts == {"materials": "居民身份证、申请表"}
    later = SUBJECT.model_copy(update={"materials": ("居民身份证", "申请表", "户口簿")})
    assert render(template, made, later).digest == made.digest


def test_a_document_keeps_only_the_facts_that_its_template_declares() -> None:
    """Nothing travels with a case that no document says."""
    made = document(TEMPLATES.get("approval"), {"reason": "符合条件", "address": "科技园一路1号"})
    assert made.facts == {"reason": "符合条件"}


def test_the_page_escapes_what_people_wrote() -> None:
    """Names and reasons are text, never markup, and never templates."""
    wild = PERSON.model_copy(update={"name": "<script>alert(1)</script>"})
    subject = SUBJECT.model_copy(update={"applicant": wild})
    template = TEMPLATES.get("rejection")
    made = document(template, {"reason": '<b>{{ 7 * 7 }}</b> & "x"'}, subject)
    shown = render(template, made, subject)
    assert "<script" not in shown.html
    assert "&lt;script&gt;" in shown.html
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt; &amp; &#34;x&#34;" in shown.html
    assert '<b>{{ 7 * 7 }}</b> & "x"' in shown.text


def test_laws_are_named_only_where_they_hold() -> None:
    """行政许可法 is the law of 行政许可, not of a public service."""
    template = TEMPLATES.get("acceptance_notice")
    assert "行政许可法》第三十二条" in render(template, document(template, {}), SUBJECT).text
    service = SUBJECT.model_copy(update={"regime": "公共服务"})
    assert "行政许可法" not in render(template, document(template, {}), service).text


@each_regime
def test_a_rejection_tells_the_remedies_of_its_regime(regime: str) -> None:
    """复议 60 days and 诉讼 6 months for administrative acts; 公证 and services have their own."""
    subject = SUBJECT.model_copy(update={"regime": regime})
    template = TEMPLATES.get("rejection")
    text = render(template, document(template, {"reason": "不符合条件"}, subject), subject).text
    assert "理由：不符合条件。" in text
    if regime == "公证":
        assert "复查" in text
        assert "复议" not in text
        assert "民事诉讼" in text
    elif regime == "公共服务":
        assert "12345" in text
        assert "复议" not in text
    elif regime == "行政备案":
        assert "申诉" in text
    else:
        assert "六十日内依法申请行政复议" in text
        assert "六个月内依法向人民法院提起行政诉讼" in text


def test_a_wrong_office_names_the_right_one() -> None:
    """不予受理: whoever is sent away learns where to go."""
    template = TEMPLATES.get("non_acceptance_notice")
    made = document(template, {"reason": "不属于本机关", "office": "430100民政部门"})
    assert "该事项由430100民政部门办理" in render(template, made, SUBJECT).text


def test_dates_and_limits_are_written_as_people_say_them() -> None:
    """ISO dates and `10 workdays` come from workflows; documents are in Chinese."""
    template = TEMPLATES.get("extension_notice")
    made = document(template, {"within": "10 workdays", "due": "2026-03-31T15:59:59Z"})
    text = render(template, made, SUBJECT).text
    assert "原定期限（2026年3月31日）" in text
    assert "延长10个工作日" in text


@pytest.mark.parametrize(
    ("applicant", "shown"),
    [
        ({"id_number": "430102199003078524"}, "证件号码：430102********8524"),
        ({"id_number": "E12345678"}, "证件号码：E******78"),
        ({"uscc": "51110000MJ0172305X"}, "统一社会信用代码：51110000MJ0172305X"),
        ({}, ""),
    ],
)
def test_a_persons_number_is_masked(applicant: dict[str, Any], shown: str) -> None:
    """The date of birth is never shown; an organisation's code is public."""
    assert identity(Applicant(kind="individual", name="某", **applicant)) == shown


def test_every_official_act_issues_a_document_or_is_known_not_to() -> None:
    """A verdict that is added must say which, and every act has a word for its number."""
    models = get_args(get_args(AnyCommand)[0])
    acts = {model.model_fields["act"].default for model in models}
    for model in models:
        if "verdict" in model.model_fields:
            acts.discard(model.model_fields["act"].default)
            acts |= set(get_args(model.model_fields["verdict"].annotation))
    issuing = {act for act in acts if TEMPLATES.of_act(act)}
    assert acts - issuing == NO_DOCUMENT
    assert acts - WORDS_OF_OTHERS <= WORDS.keys()


@each_template
def test_every_document_has_a_series(template: Template) -> None:
    """Its act's word, or its own: no number says `custody_note`."""
    assert {*template.definition.acts, template.id} & WORDS.keys()


def test_every_template_is_documented() -> None:
    """The table of documents names each with its title, its acts and its facts, and no other."""
    page = (ROOT.parent / "docs" / "operations.md").read_text("utf-8")
    text = page.split("\n### Templates\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    words = [[set(re.findall(r"`([^`]+)`", cell)) for cell in row] for row in rows if len(row) == 4]
    table = {
        (*name, row[1]): (acts, facts)
        for row, (name, _, acts, facts) in zip((r for r in rows if len(r) == 4), words, strict=True)
        if name
    }
    assert table == {
        (t.id, t.definition.title): (set(t.definition.acts), t.definition.facts.keys())
        for t in TEMPLATES
    }


# --- Wrong templates ------------------------------------------------------------------------------

HEAD = "id: notice\ntitle: 通知书\nbasis: default\n"


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    """A catalogue with these templates and the real remedies."""
    documents = tmp_path / "documents"
    documents.mkdir()
    shutil.copy(ROOT / "documents" / "remedies.yaml", documents)
    for name, text in files.items():
        (documents / name).write_text(text, "utf-8")
    return tmp_path


WRONG = {
    "fact": (
        HEAD + "body: |\n  一\n  {{ facts.resaon }}\nfacts: {reason: 理由}\n",
        r":6:1: KS070 the body uses undeclared `facts.resaon`; did you mean `reason`\?",
    ),
    "name": (
        HEAD + "body: |\n  {{ aplicant }}\n",
        r":5:1: KS070 the body uses unknown `aplicant`; did you mean `applicant`\?",
    ),
    "syntax": (HEAD + "body: |\n  一\n  {% if %}\n", r":6:1: KS070 the body cannot be read"),
    "filter": (HEAD + "body: '{{ number | nosuch }}'\n", r":4:7: KS070 .*nosuch"),
    "unused": (
        HEAD + "body: 一\nfacts: {reason: 理由}\n",
        r":5:8: KS070 fact `reason` .* not used",
    ),
    "key": (HEAD + "body: 一\nact: [x]\n", r":5:1: KS010 unknown key `act`; did you mean `acts`"),
    "id": (HEAD.replace("notice", "other") + "body: 一\n", r":1:5: KS070 `id` is `other`"),
    "basis": (HEAD.replace("default", "law") + "body: 一\n", r":1:1: KS011 .*`basis: law` names"),
    "regime": (
        HEAD.replace("default", "law") + "law: {行政: 某法}\nbody: 一\n",
        r":4:\d+: KS011 this key cannot be `行政`; did you mean `行政许可`\?",
    ),
}


@pytest.mark.parametrize(("text", "line"), WRONG.values(), ids=WRONG)
def test_a_wrong_template_is_one_error_at_its_line(tmp_path: Path, text: str, line: str) -> None:
    """file:line:col, what is wrong and what is near."""
    with pytest.raises(DefinitionError) as raised:
        Templates.load(folder(tmp_path, {"notice.yaml": text}))
    assert len(raised.value.lines) == 1, raised.value
    assert re.search(r"notice\.yaml" + line, raised.value.lines[0]), raised.value


def test_an_act_issues_one_document(tmp_path: Path) -> None:
    """Two templates that claim an act are told, with the name of the other."""
    texts = {
        f"{name}.yaml": HEAD.replace("notice", name) + "acts: [approve]\nbody: 一\n"
        for name in ("one", "two")
    }
    with pytest.raises(DefinitionError, match=r"two.yaml:4:7: KS070 act `approve` .* see one.yaml"):
        Templates.load(folder(tmp_path, texts))


def test_remedies_are_there_for_every_regime(tmp_path: Path) -> None:
    """A regime that is forgotten would leave a rejection without its remedies."""
    root = folder(tmp_path, {})
    (root / "documents" / "remedies.yaml").write_text(
        "公证: {text: 复查, basis: default}\n", "utf-8"
    )
    with pytest.raises(
        DefinitionError, match=r"remedies.yaml:1:1: KS011 .*no remedies for 行政许可"
    ):
        Templates.load(root)


def test_a_catalogue_without_templates_uses_those_of_the_program(tmp_path: Path) -> None:
    """Another catalogue of matters need not repeat the documents."""
    assert [t.id for t in Templates.load(tmp_path)] == [t.id for t in TEMPLATES]


def test_a_template_cannot_reach_out_of_its_sandbox(tmp_path: Path) -> None:
    """Attributes of Python objects are not for templates."""
    text = HEAD + "body: '{{ number.__class__.__mro__ }}'\n"
    template = Templates.load(folder(tmp_path, {"notice.yaml": text})).get("notice")
    with pytest.raises(Exception, match=r"unsafe|undefined"):
        render(template, DOCUMENT, SUBJECT)


def test_an_unknown_template_is_told_with_what_is_near() -> None:
    """For who asks for one by name."""
    with pytest.raises(NotFoundError, match="did you mean `approval`"):
        TEMPLATES.get("aproval")
