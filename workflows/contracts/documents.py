"""文书: what an official document says and how it is known, on both sides of a hand-over."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from compiler.applicant import Applicant
from workflows.contracts.base import Federated


class Subject(Federated):
    """What every document of a case is about: fills the head of each template."""

    case_no: str
    matter: str
    mode: str
    regime: str
    applicant: Applicant
    materials: tuple[str, ...] = ()
    """Names of the materials that were given."""
    places: dict[str, str] = Field(default_factory=dict)
    """What a place is (收件地) → its unit."""


class OfficialDocument(Federated):
    """A numbered document (文书) that an act has issued; its text is made again from these facts.

    Nothing personal: who it is for stands in the case's filing, which rendering is given.
    """

    template: str
    """Id of the template, its file's name in `matters/documents/`."""
    title: str
    number: str
    at: dt.datetime
    unit: str
    division: str
    step: str = ""
    by: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    """What this one says beyond its subject: reason, due date, waybill."""
    version: str = ""
    """First 12 hex digits of the SHA-256 of the template that it was made with."""
    digest: str = ""
    """SHA-256 of its text, hex: who has the paper can prove that it is the one issued."""
