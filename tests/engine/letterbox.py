"""A small workflow and Nexus service for tests of the engine: letters from other provinces."""

from __future__ import annotations

import nexusrpc
import nexusrpc.handler
from temporalio import workflow
from temporalio.exceptions import NexusOperationError

with workflow.unsafe.imports_passed_through():
    from errors import DefinitionError
    from workflows.contracts import Federated, Message


class Letter(Federated):
    """What one province writes to another."""

    text: str


class Note(Message):
    """What stays in the province."""

    text: str


@nexusrpc.service
class Post:
    """The service that takes letters."""

    deliver: nexusrpc.Operation[Letter, Letter]


@nexusrpc.handler.service_handler(service=Post)
class PostOffice:
    """Answers every letter, except that it refuses empty ones."""

    @nexusrpc.handler.sync_operation
    async def deliver(
        self,
        ctx: nexusrpc.handler.StartOperationContext,  # noqa: ARG002
        letter: Letter,
    ) -> Letter:
        """Answer a letter."""
        if not letter.text:
            raise nexusrpc.HandlerError("信件是空的", type=nexusrpc.HandlerErrorType.BAD_REQUEST)
        return Letter(text=f"已收到: {letter.text}")


@workflow.defn
class Letterbox:
    """Collects letters until it is told to close."""

    @workflow.init
    def __init__(self, note: Note) -> None:
        self.letters = [note.text]
        self.closed = False

    @workflow.run
    async def run(self, note: Note) -> list[str]:
        """Return all letters."""
        if note.text == "坏定义":
            raise DefinitionError(("matter.yaml:1:1: KS001 broken",))
        if note.text == "坏程序":
            raise RuntimeError(note.text)
        await workflow.wait_condition(lambda: self.closed)
        return self.letters

    @workflow.signal
    def post(self, letter: Letter) -> None:
        """Take a letter."""
        self.letters.append(letter.text)

    @workflow.update
    def hand_in(self, letter: Letter) -> int:
        """Take a letter, and return how many there are."""
        self.letters.append(letter.text)
        return len(self.letters)

    @workflow.update
    def close(self) -> None:
        """Close."""
        self.closed = True


@workflow.defn
class Writer:
    """Writes one letter to another province."""

    @workflow.run
    async def run(self, endpoint: str, text: str) -> str:
        """Return the answer, or `refused:` and the reason."""
        post = workflow.create_nexus_client(service=Post, endpoint=endpoint)
        try:
            answer = await post.execute_operation(Post.deliver, Letter(text=text))
        except NexusOperationError as error:
            reasons = []
            cause: BaseException | None = error
            while cause is not None:
                reasons.append(str(cause))
                cause = cause.__cause__
            return f"refused: {' / '.join(reasons)}"
        return answer.text
