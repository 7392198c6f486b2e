"""What people do to a case, as makers of commands: the open task's id and revision come later."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from compiler.applicant import MaterialRef
from workflows.contracts import (
    AcceptCommand,
    AnyCommand,
    CaptureCommand,
    DecideCommand,
    HandOutCommand,
    ReplyCommand,
    ResolveCommand,
    ReviewCommand,
    SupplyCommand,
    UrgeCommand,
    WithdrawCommand,
)

Maker = Callable[[str, int], AnyCommand]
"""(task, revision) → command. The command's id is chosen once, so it may be sent again."""


def on_task(
    kind: Callable[..., AnyCommand], by: str, *, command_id: str = "", **fields: Any
) -> Maker:
    """Any command on a task: of this class, with these fields besides who sends it."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: kind(command_id=known, task=task, task_rev=rev, by=by, **fields)


def accept(
    by: str,
    verdict: Literal["accept", "refuse", "correct"] = "accept",
    *,
    reason: str = "",
    corrections: Sequence[str] = (),
    tolerated: Sequence[str] = (),
    pledged: Sequence[str] = (),
    office: str = "",
    command_id: str = "",
) -> Maker:
    """受理 (perhaps 容缺, or on 告知承诺) / 不予受理 / 补正."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: AcceptCommand(
        command_id=known,
        task=task,
        task_rev=rev,
        by=by,
        reason=reason,
        verdict=verdict,
        corrections=tuple(corrections),
        tolerated=tuple(tolerated),
        pledged=tuple(pledged),
        office=office,
    )


def decide(
    by: str,
    verdict: Literal["approve", "reject", "terminate"] = "approve",
    *,
    reason: str = "",
    command_id: str = "",
) -> Maker:
    """准予 / 不予 / 终止."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: DecideCommand(
        command_id=known, task=task, task_rev=rev, by=by, reason=reason, verdict=verdict
    )


def reply(
    by: str,
    fields: Mapping[str, str],
    *,
    refuse: bool = False,
    reason: str = "",
    command_id: str = "",
) -> Maker:
    """Answer another place's letter with its typed fields, or refuse it."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: ReplyCommand(
        command_id=known,
        task=task,
        task_rev=rev,
        by=by,
        reason=reason,
        fields=dict(fields),
        refuse=refuse,
    )


def supply(materials: Sequence[MaterialRef], *, command_id: str = "") -> Maker:
    """补正 by the applicant."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: SupplyCommand(
        command_id=known, task=task, task_rev=rev, by="applicant", materials=tuple(materials)
    )


def resolve(by: str, *, reason: str = "", pick_up: bool = False, command_id: str = "") -> Maker:
    """A trouble is seen to."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: ResolveCommand(
        command_id=known, task=task, task_rev=rev, by=by, reason=reason, pick_up=pick_up
    )


def withdraw(*, reason: str = "", command_id: str = "") -> WithdrawCommand:
    """撤回: names no task, so it is a command already."""
    return WithdrawCommand(
        command_id=command_id or str(uuid.uuid4()), by="applicant", reason=reason
    )


def urge(*, reason: str = "", command_id: str = "") -> UrgeCommand:
    """催办: names no task either."""
    return UrgeCommand(command_id=command_id or str(uuid.uuid4()), by="applicant", reason=reason)


def review(
    by: str,
    verdict: Literal["pass", "fail"] = "pass",
    *,
    reason: str = "",
    command_id: str = "",
) -> Maker:
    """审查意见."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: ReviewCommand(
        command_id=known, task=task, task_rev=rev, by=by, reason=reason, verdict=verdict
    )


def capture(by: str, evidence: Sequence[MaterialRef], *, command_id: str = "") -> Maker:
    """现场采集."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: CaptureCommand(
        command_id=known, task=task, task_rev=rev, by=by, evidence=tuple(evidence)
    )


def hand_out(by: str, *, reason: str, command_id: str = "") -> Maker:
    """当面领取; `reason` says how who came proved who they are."""
    known = command_id or str(uuid.uuid4())
    return lambda task, rev: HandOutCommand(
        command_id=known, task=task, task_rev=rev, by=by, reason=reason
    )
