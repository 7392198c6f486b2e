"""The search attributes that a case shows to operators: the one list of them.

They are plain text on the server, so none may ever hold personal data. With SQL visibility a
namespace has room for 10 Keyword, 3 KeywordList and 3 Datetime attributes.
"""

from __future__ import annotations

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from compiler.plan import Plan

MATTER_CODE = SearchAttributeKey.for_keyword("MatterCode")
CASE_NO = SearchAttributeKey.for_keyword("CaseNo")
CASE_STAGE = SearchAttributeKey.for_keyword("CaseStage")
COLLECTING_PROVINCE = SearchAttributeKey.for_keyword("CollectingProvince")
HANDLING_PROVINCE = SearchAttributeKey.for_keyword("HandlingProvince")
MODE = SearchAttributeKey.for_keyword("Mode")
LIGHT = SearchAttributeKey.for_keyword("Light")
OUTCOME = SearchAttributeKey.for_keyword("Outcome")
PLAN_DIGEST = SearchAttributeKey.for_keyword("PlanDigest")
AWAITING = SearchAttributeKey.for_keyword_list("Awaiting")
"""`place:…`, `unit:…`, `role:…` of whoever must act."""
DUE_AT = SearchAttributeKey.for_datetime("DueAt")

SEARCH_ATTRIBUTES = (
    MATTER_CODE,
    CASE_NO,
    CASE_STAGE,
    COLLECTING_PROVINCE,
    HANDLING_PROVINCE,
    MODE,
    LIGHT,
    OUTCOME,
    PLAN_DIGEST,
    AWAITING,
    DUE_AT,
)


def start_attributes(
    plan: Plan, *, case_no: str, collecting: str, handling: str
) -> TypedSearchAttributes:
    """Return the attributes that a case or handling workflow starts with."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(MATTER_CODE, plan.matter),
            SearchAttributePair(CASE_NO, case_no),
            SearchAttributePair(CASE_STAGE, "received"),
            SearchAttributePair(COLLECTING_PROVINCE, collecting),
            SearchAttributePair(HANDLING_PROVINCE, handling),
            SearchAttributePair(MODE, plan.mode),
            SearchAttributePair(PLAN_DIGEST, plan.digest),
        ]
    )
