"""What operators see of a run: search attributes and the Temporal UI's details."""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import workflow

from workflows.contracts import Awaiting, Light, Stage
from workflows.search import AWAITING, CASE_STAGE, DUE_AT, LIGHT, OUTCOME

WORST: tuple[Light, ...] = ("red", "yellow", "green")


def worst(lights: Sequence[Light]) -> Light:
    """Return the light that a whole case shows."""
    return next((light for light in WORST if light in lights), "green")


class Publisher:
    """Publishes the state of one run, and nothing twice."""

    def __init__(self, title: str, case_no: str) -> None:
        self._title = title
        self._case_no = case_no
        self._published: tuple[object, ...] = ()

    def publish(self, stage: Stage, outcome: str | None, rows: Sequence[Awaiting]) -> None:
        """Bring search attributes and details up to date, if anything changed."""
        waiting = "\n".join(f"- **{r.unit}** ({r.province}) · {r.role} · {r.what}" for r in rows)
        workflow.set_current_details(f"**{self._title}** {self._case_no}\n\n{stage}\n\n{waiting}")
        keywords = tuple(sorted({word for row in rows for word in _keywords(row)}))
        light = worst([row.light for row in rows])
        # What a system owes is not due by any rule: it counts once it has lasted too long.
        dues = (row.due for row in rows if row.due and (row.within or row.light != "green"))
        due = min(dues, default=None)
        now = (stage, outcome or "", keywords, light, due)
        if now == self._published:
            return
        self._published = now
        workflow.upsert_search_attributes(
            [
                CASE_STAGE.value_set(stage),
                OUTCOME.value_set(outcome or ""),
                AWAITING.value_set(list(keywords)),
                LIGHT.value_set(light),
                DUE_AT.value_unset() if due is None else DUE_AT.value_set(due),
            ]
        )


def _keywords(row: Awaiting) -> tuple[str, str, str]:
    return f"place:{row.province}", f"unit:{row.unit}", f"role:{row.role}"
