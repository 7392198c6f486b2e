"""Who applies and with what: the parts of an application that every matter has alike."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from compiler.plan import ApplicantKind


class Applicant(BaseModel):
    """申请人. Everything but `kind` is personal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ApplicantKind
    name: str
    id_number: str = ""
    uscc: str = ""
    phone: str = ""
    address: str = ""


class MaterialRef(BaseModel):
    """A material that the applicant gave: which one, its digest, and whether paper travels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    digest: str = ""
    paper: bool = False
