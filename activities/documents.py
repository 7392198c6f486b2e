"""文书: a document is numbered, and what it says is fixed, in the moment in which it is issued."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import Engine
from temporalio import activity

from activities.numbers import series, word
from documents.render import issued
from documents.templates import Template, Templates
from ledger.numbers import Numbers
from workflows.contracts import ISSUE_DOCUMENT, DocumentRequest, OfficialDocument


@dataclass(frozen=True)
class Issuer:
    """What issues documents: the register of numbers, and the templates."""

    numbers: Numbers
    templates: Templates

    @classmethod
    def of(cls, registers: Engine, matters: Path | None = None) -> Self:
        """Return what issues by these registers, with the templates of a catalogue.

        Raises:
            DefinitionError: Templates have findings.
        """
        return cls(Numbers(registers), Templates.load(matters))

    async def number(
        self, word_: str, *, division: str, unit: str, key: str, at: dt.datetime
    ) -> str:
        """Return the number under this key; the same for every attempt.

        Raises:
            UnreachableError: The register does not answer.
        """
        wanted = series(division, unit, word_, at)
        return str(await asyncio.to_thread(self.numbers.take, wanted, key, at))

    def issue(
        self, template: Template, request: DocumentRequest, number: str, at: dt.datetime
    ) -> OfficialDocument:
        """Return a document under a number that was taken for it."""
        document = OfficialDocument(
            template=template.id,
            title=template.definition.title,
            number=number,
            at=at,
            unit=request.unit,
            division=request.division,
            step=request.step,
            by=request.by,
        )
        return issued(template, document, request.subject, request.facts)


@dataclass(frozen=True)
class DocumentActivities:
    """What issues documents by itself."""

    issuer: Issuer

    @activity.defn(name=ISSUE_DOCUMENT.name)
    async def issue_document(self, request: DocumentRequest) -> OfficialDocument:
        """Issue a document that no officer's act issues: 物料流转凭证, 送达回执, 终止告知书.

        A template that is not there is asked for again: a newer worker may have it.
        """
        at = activity.info().scheduled_time  # the same for every attempt
        template = self.issuer.templates.get(request.template)
        act = next(iter(template.definition.acts), "")
        number = await self.issuer.number(
            word(act, template.id),
            division=request.division,
            unit=request.unit,
            key=request.key,
            at=at,
        )
        return self.issuer.issue(template, request, number, at)
