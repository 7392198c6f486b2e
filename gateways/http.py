"""How every outside system is spoken to over HTTP, and what its status codes mean.

========================  ====================================================================
200, 201                  decided: the body is the answer
202                       pending: ask again at the URL of `Location`, after `Retry-After` seconds
408, 425, 429             unavailable for now: `GatewayUnavailableError`
other 4xx                 refused with a reason: `GatewayRefusedError` (409: the key was used
                          before with a different body)
everything else           no usable answer: `GatewayUnavailableError`
========================  ====================================================================

Errors carry the system's name, the status and its reason, never a request's body; a reason that
repeats personal data is masked first.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from errors import GatewayRefusedError, GatewayUnavailableError, SettingsError

TIMEOUT = 10.0
"""Seconds for one request: shorter than one attempt of a step, so the step sees the reason."""

LONGEST_REASON = 200
"""Characters of an outside system's reason that we pass on."""

LONGEST_PAUSE = 3600.0
"""Seconds; a system that asks for a longer pause is asked again after this all the same."""

DECIDED = frozenset({200, 201})
PENDING = 202
FOR_NOW = frozenset({408, 425, 429})

MASK = "***"


class Wire(BaseModel):
    """Base of what travels to and from outside systems; their newer fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Question(Wire):
    """What we ask. `PERSONAL` names the fields whose values must not come back in a reason."""

    PERSONAL: ClassVar[tuple[str, ...]] = ()

    def mask(self, text: str) -> str:
        """Return `text` without this question's personal values, at most `LONGEST_REASON` long."""
        values = {str(getattr(self, name)) for name in self.PERSONAL} - {""}
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text[:LONGEST_REASON]


class Pending(Wire):
    """Taken but not decided: ask again at `path`, not before `after` seconds."""

    path: str
    after: float = 5.0


Answer = TypeVar("Answer", bound=Wire)


class Connection:
    """One outside system at one address; every client of a gateway speaks through it.

    Args:
        name: The gateway's name, as errors say it.
        url: Its address, `http://` or `https://`.
        timeout: Seconds for one request.

    Raises:
        SettingsError: `url` is not an HTTP address.
    """

    def __init__(self, name: str, url: str, timeout: float = TIMEOUT) -> None:
        self._name = name
        self._url = httpx.URL(url)
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            raise SettingsError(
                f"gateway {name}: {url!r} is not an address", "write http://host:port"
            )
        # Outside systems stand in the government's own network: no proxy of the environment.
        self._http = httpx.AsyncClient(base_url=self._url, timeout=timeout, trust_env=False)

    async def ask(
        self,
        path: str,
        key: str,
        question: Question,
        answer: type[Answer],
        pending: Pending | None = None,
    ) -> Answer | Pending:
        """Ask under an idempotency key, or ask again about what is `pending`.

        Raises:
            GatewayRefusedError: It answered no, with a reason.
            GatewayUnavailableError: It gave no usable answer.
        """
        if pending:
            return self._read(await self._send("GET", pending.path), answer, question)
        response = await self._send(
            "POST",
            path,
            headers={"Idempotency-Key": key, "Content-Type": "application/json"},
            content=question.model_dump_json(),
        )
        return self._read(response, answer, question)

    async def look(self, path: str, answer: type[Answer]) -> Answer:
        """Read the present state of something that was asked for before.

        Raises:
            GatewayRefusedError: It does not know it.
            GatewayUnavailableError: It gave no usable answer.
        """
        return self._known(self._read(await self._send("GET", path), answer, Question()))

    async def recall(self, path: str, key: str, answer: type[Answer]) -> Answer:
        """Ensure that what was asked for under `key` is not to be; return what it is then.

        Asking again, also about a key that was never used, is safe; a question that arrives
        later under the key is refused.

        Raises:
            GatewayRefusedError: It will not take it back.
            GatewayUnavailableError: It gave no usable answer.
        """
        response = await self._send("DELETE", path, headers={"Idempotency-Key": key})
        return self._known(self._read(response, answer, Question()))

    def _known(self, found: Answer | Pending) -> Answer:
        if isinstance(found, Pending):
            raise GatewayUnavailableError(f"{self._name} does not know yet (202)")
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        content: str | None = None,
    ) -> httpx.Response:
        try:
            return await self._http.request(method, path, headers=headers, content=content)
        except httpx.TimeoutException:
            raise GatewayUnavailableError(f"{self._name} did not answer in time") from None
        except httpx.HTTPError as error:
            # The class says enough (ConnectError, ReadError); the chained request holds the body.
            raise GatewayUnavailableError(
                f"{self._name} cannot be reached ({type(error).__name__})"
            ) from None

    def _read(
        self, response: httpx.Response, answer: type[Answer], question: Question
    ) -> Answer | Pending:
        status = response.status_code
        if status in DECIDED:
            try:
                return answer.model_validate_json(response.content)
            except ValidationError:
                # `from None`: pydantic's error repeats the values that it could not read.
                raise GatewayUnavailableError(
                    f"{self._name} gave an answer ({status}) that cannot be read"
                ) from None
        if status == PENDING:
            return self._pending(response)
        if 400 <= status < 500 and status not in FOR_NOW:
            reason = question.mask(_reason(response))
            raise GatewayRefusedError(f"{self._name} refused ({status}): {reason}")
        raise GatewayUnavailableError(f"{self._name} is unavailable ({status})")

    def _pending(self, response: httpx.Response) -> Pending:
        where = self._url.join(response.headers.get("Location", ""))
        # Only on the same host: an answer must not send us, with our question, somewhere else.
        if where == self._url or where.netloc != self._url.netloc:
            raise GatewayUnavailableError(f"{self._name} is pending (202) without a place to ask")
        wait = response.headers.get("Retry-After", "")
        after = min(float(wait), LONGEST_PAUSE) if wait.isdecimal() else None
        path = where.raw_path.decode()
        return Pending(path=path) if after is None else Pending(path=path, after=after)


def _reason(response: httpx.Response) -> str:
    """Return the `reason` of a refusal's JSON body."""
    try:
        found = response.json()
    except ValueError:
        found = None
    reason = found.get("reason") if isinstance(found, dict) else None
    return reason if isinstance(reason, str) and reason else "no reason given"
