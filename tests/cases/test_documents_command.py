"""Documents of a running case: listed without a name, made again from the case, and proved."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
import sys
from pathlib import Path

import pytest
from house import ACCEPTOR, CATALOGUE, FILED, PERSON, Case, House

from cli import acts
from compiler.catalogue import ROOT as MATTERS
from workflows.contracts import CaseView

pytestmark = pytest.mark.xdist_group("cases")

ROOT = Path(__file__).resolve().parents[2]


async def kuasheng(house: House, *args: str, matters: Path = CATALOGUE) -> tuple[int, str, str]:
    """Run `kuasheng case …` as an operator of the house; return code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "case", *args, cwd=ROOT,
        env={
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "200",
            "TEMPORAL_ADDRESS": house.running.server.address,
            "KUASHENG_DATA": str(house.running.settings.data), "KUASHENG_MATTERS": str(matters),
        },
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def accepted(house: House) -> tuple[Case, str]:
    """Return a case that was accepted at the other place, and the number of its notice."""
    case = await house.file("collect")
    answer = await case.act("accept", acts.accept(ACCEPTOR, "accept", reason="材料齐全"))

    def there(view: CaseView) -> bool:
        return answer.document_no in {document.number for document in view.documents}

    await case.until(there, "the notice in the case's view")
    return case, answer.document_no


async def test_the_documents_of_a_case_are_listed_made_again_and_proved(
    house: House, tmp_path: Path
) -> None:
    """The handling place's 受理通知书, asked for at the place where the case was filed."""
    case, number = await accepted(house)

    code, out, err = await kuasheng(house, "documents", case.case_no, "--json")
    assert (code, err) == (0, "")
    listed = {row["title"]: row for row in json.loads(out)}
    notice = listed["受理通知书"]
    assert notice["number"] == number
    assert notice["division"] == FILED["collect"]["application"]["household_div"]
    assert PERSON["name"] not in out

    code, out, err = await kuasheng(house, "documents", case.case_no)
    assert code == 0
    assert notice["number"] in out
    assert notice["digest"][:16] in out

    code, out, err = await kuasheng(house, "document", case.case_no, notice["number"])
    assert code == 0
    assert out.startswith("受理通知书\n")
    assert PERSON["name"] in out
    assert "材料齐全" in out
    assert hashlib.sha256(out.encode()).hexdigest() == notice["digest"]
    assert err == f"verified: SHA-256 {notice['digest']}, as issued\n"

    page = tmp_path / "notice.html"
    code, out, err = await kuasheng(
        house, "document", case.case_no, "受理〔", "--html", "-o", str(page)
    )
    assert (code, out) == (0, "")
    assert notice["digest"] in page.read_text("utf-8")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


async def test_a_changed_template_is_said(house: House, tmp_path: Path) -> None:
    """What is made with another template is not the paper that was issued."""
    case, number = await accepted(house)
    (tmp_path / "documents").mkdir()
    for file in (MATTERS / "documents").iterdir():
        text = file.read_text("utf-8").replace("本机关决定予以受理", "本机关同意受理")
        (tmp_path / "documents" / file.name).write_text(text, "utf-8")
    code, out, err = await kuasheng(house, "document", case.case_no, number, matters=tmp_path)
    assert code == 0
    assert "本机关同意受理" in out
    assert err.startswith("NOT as issued: the template has changed since (issued with ")


async def test_a_number_that_is_not_there_is_told_with_those_that_are(house: House) -> None:
    """One line, and the numbers that the case has."""
    case, number = await accepted(house)
    code, _, err = await kuasheng(house, "document", case.case_no, "准予")
    assert code == 2
    assert err.startswith("error: the case has no document 准予: ")
    assert number in err
