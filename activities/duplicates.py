"""Duplicates (重复申请): the same persons and matter, filed again by another portal or province.

Before it accepts, a place asks its province's register of open filings. The hash is made here, so
that neither a number nor a hash of one travels through workflows or between provinces.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine
from temporalio import activity

from compiler.applicant import Applicant
from ledger.filings import Filing, Filings
from workflows.contracts import (
    CHECK_DUPLICATE,
    RELEASE_FILING,
    DuplicateRequest,
    DuplicateVerdict,
    FilingRelease,
    FilingReleased,
)


@dataclass(frozen=True)
class DuplicateActivities:
    """What needs the register of open filings.

    Attributes:
        filings: The register.
        secrets: Gives the keys of the hashes that all provinces share, the one in use first; asked
            anew each time, because keys are rotated while a worker runs.
    """

    filings: Filings
    secrets: Callable[[], Sequence[bytes]]

    @classmethod
    def of(cls, registers: Engine, secrets: Callable[[], Sequence[bytes]]) -> Self:
        """Return them for a database of registers (`ledger.database`)."""
        return cls(Filings(registers), secrets)

    @activity.defn(name=CHECK_DUPLICATE.name)
    async def check_duplicate(self, request: DuplicateRequest) -> DuplicateVerdict:
        """Register the case as open at the accepting province, and find what it duplicates.

        Idempotent by province and case number: the first answer is given again. It decides nothing:
        the acceptance officer is told (与办件X重复) and may refuse, naming the other case.

        Raises:
            UnreachableError: The register does not answer; tried again by the step's retry policy.
        """
        at = activity.info().scheduled_time  # the same for every attempt
        return DuplicateVerdict(duplicate_of=await asyncio.to_thread(self._open, request, at))

    def _open(self, request: DuplicateRequest, at: dt.datetime) -> str:
        hashes = [filing_hash(key, request.matter, request.applicants) for key in self.secrets()]
        filing = Filing(request.province, request.case_no, request.matter)
        return self.filings.open(filing, hashes, at)

    @activity.defn(name=RELEASE_FILING.name)
    async def release_filing(self, request: FilingRelease) -> FilingReleased:
        """Take the case out of the open filings, when the work at the accepting place has ended.

        Idempotent; a case that was never registered is not known, which is no error.

        Raises:
            UnreachableError: The register does not answer; tried again by the retry policy.
        """
        at = activity.info().scheduled_time
        known = await asyncio.to_thread(self.filings.release, request.province, request.case_no, at)
        return FilingReleased(known=known)


def filing_hash(secret: bytes, matter: str, applicants: Iterable[Applicant]) -> str:
    """Return the HMAC-SHA-256 of a matter and all who apply together, in whatever order."""
    numbers = sorted(_normalised(applicant.uscc or applicant.id_number) for applicant in applicants)
    return hmac.new(secret, json.dumps([matter, *numbers]).encode(), hashlib.sha256).hexdigest()


def _normalised(number: str) -> str:
    """Return a number in one form: full-width digits, a small x and blanks make no difference."""
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()
