"""The sandbox's HTTP face.

=======================================  =====================================================
POST /identity/checks, /courier/parcels, … (the paths of `SERVICES`)
                                         ask, with an `Idempotency-Key`
GET  …/{reference}                       ask again
DELETE /courier/parcels, /payment/orders take back what was asked for under the key
GET  /_sandbox/requests                  every request that came, without bodies
GET  /_sandbox/parcels?case_no=          every parcel that was booked
GET  /_sandbox/made/{service}?case_no=   what a service made, as it would answer now
POST /_sandbox/faults                    misbehave (see `Fault`); DELETE: behave again
=======================================  =====================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateways.sandbox.faults import FATES, Fault, Faults
from gateways.sandbox.services import (
    COURIER,
    SERVICES,
    Behaviour,
    Recall,
    Service,
    parcel_state,
)
from gateways.sandbox.store import Facts, SandboxStore, Thing

Handler = Callable[[Request], Awaitable[Response]]

RECALLED = ""
"""The digest of what was taken back before it was asked for: no body fits it."""


def create_app(store: SandboxStore, behaviour: Behaviour | None = None) -> Starlette:
    """Return the service. Give the same store's folder again and it knows what it was asked."""
    sandbox = _Sandbox(store, behaviour or Behaviour())
    routes = [
        Route("/_sandbox/requests", sandbox.requests),
        Route("/_sandbox/parcels", sandbox.parcels),
        Route("/_sandbox/made/{service}", sandbox.made),
        Route("/_sandbox/faults", sandbox.add_fault, methods=["POST"]),
        Route("/_sandbox/faults", sandbox.clear_faults, methods=["DELETE"]),
    ]
    for service in SERVICES:
        played = sandbox.play(service)
        asked = ["POST", "DELETE"] if service.recall else ["POST"]
        routes += [
            Route(service.path, played, methods=asked),
            Route(service.path + "/{reference}", played, methods=["GET"]),
        ]
    return Starlette(routes=routes)


class _Sandbox:
    def __init__(self, store: SandboxStore, behaviour: Behaviour) -> None:
        self._store = store
        self._behaviour = behaviour
        self._faults = Faults()

    def play(self, service: Service[Any]) -> Handler:
        """Return the handler of one service: faults around what it would answer anyway."""

        async def handler(request: Request) -> Response:
            method, path = request.method, request.url.path
            key = request.headers.get("Idempotency-Key", "")
            body = await request.body()
            digest = hashlib.sha256(body).hexdigest() if body else ""
            response = self._respond(service, request, key, body, digest)
            self._store.note(method, path, key, digest, response.status_code)
            if late := self._faults.take("delay", method, path):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(late.seconds):
                        await request.receive()  # comes only when the caller hangs up
            return response

        return handler

    def _respond(
        self, service: Service[Any], request: Request, key: str, body: bytes, digest: str
    ) -> Response:
        method, path = request.method, request.url.path
        if self._faults.take("fail", method, path):
            return _no(503, "the sandbox was told to fail")
        if refusal := self._faults.take("refuse", method, path):
            return _no(422, refusal.reason)
        found: Thing | Response
        if method == "GET":
            reference = request.path_params["reference"]
            found = self._store.by_reference(service.name, reference) or _no(
                404, "no such reference"
            )
        elif not key:
            found = _no(400, "an Idempotency-Key is needed")
        elif service.recall and method == "DELETE":
            found = self._recall(service, service.recall, key)
        else:
            found = self._make(service, path, key, body, digest)
        if isinstance(found, Response):
            return found
        if self._faults.take("pending", method, path):
            where = f"{service.path}/{found.reference}"
            return Response(status_code=202, headers={"Location": where, "Retry-After": "1"})
        answer = service.answer(found, self._behaviour, time.time())
        return Response(answer.model_dump_json(), media_type="application/json")

    def _make(
        self, service: Service[Any], path: str, key: str, body: bytes, digest: str
    ) -> Thing | Response:
        """Return what exists under the key, making it when the key is new."""
        if known := self._store.under_key(service.name, key):
            if known.digest == RECALLED:
                return _no(409, "this key was taken back")
            return known if known.digest == digest else _no(409, "this key had another body")
        try:
            question = service.question.model_validate_json(body)
        except ValidationError:
            return _no(422, "the body cannot be read")
        if reason := service.refusal(question, self._behaviour, self._store):
            return _no(422, reason)
        facts = service.facts(question, self._behaviour)
        for kind, fate in FATES.items():
            if service is COURIER and self._faults.take(kind, "POST", path):
                facts = dataclasses.replace(facts, fate=fate)
        return self._store.add(service.name, service.prefix, key, digest, facts)

    def _recall(self, service: Service[Any], recall: Recall, key: str) -> Thing:
        """Take back what exists under the key; a key that nobody used is used up by that."""
        known = self._store.under_key(service.name, key)
        if known is None:
            facts = Facts(fate=recall.fate)
            return self._store.add(service.name, service.prefix, key, RECALLED, facts)
        possible = recall.possible(known, self._behaviour, time.time())
        return self._store.end(known, recall.fate) if possible else known

    async def requests(self, _request: Request) -> Response:
        return JSONResponse(self._store.requests())

    async def parcels(self, request: Request) -> Response:
        things = self._store.things(COURIER.name, request.query_params.get("case_no", ""))
        return JSONResponse([self._parcel(thing) for thing in things])

    async def made(self, request: Request) -> Response:
        name, case_no = request.path_params["service"], request.query_params.get("case_no", "")
        service = next((service for service in SERVICES if service.name == name), None)
        if service is None:
            return _no(404, "no such service")
        things = self._store.things(name, case_no)
        now = time.time()
        rows = [service.answer(t, self._behaviour, now).model_dump(mode="json") for t in things]
        return JSONResponse([{"key": t.key, **row} for t, row in zip(things, rows, strict=True)])

    def _parcel(self, thing: Thing) -> dict[str, str]:
        state, _ = parcel_state(thing.fate, thing.at, self._behaviour.pace, time.time())
        return {
            "case_no": thing.case_no,
            "leg": thing.leg,
            "key": thing.key,
            "waybill": thing.reference,
            "state": state,
        }

    async def add_fault(self, request: Request) -> Response:
        try:
            fault = Fault.model_validate_json(await request.body())
        except ValidationError as error:
            return _no(422, str(error))
        self._faults.add(fault)
        return JSONResponse(fault.model_dump(), status_code=201)

    async def clear_faults(self, _request: Request) -> Response:
        self._faults.clear()
        return Response(status_code=204)


def _no(status: int, reason: str) -> Response:
    return JSONResponse({"reason": reason}, status_code=status)
