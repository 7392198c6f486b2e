"""The codec over HTTP, for the Temporal UI: without it every summary there is ciphertext.

Loopback only, and only for pages of the UI's own origin: whoever may call it reads everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from engine.codec import CaseCodec
from engine.keys import Keyring


def codec_endpoint(keyrings: Mapping[str, Keyring], ui: str) -> Starlette:
    """Return the app with `/decode` and `/encode`; the header `X-Namespace` picks the keyring.

    Args:
        keyrings: Namespace → keys.
        ui: The UI's address, such as `http://127.0.0.1:8233`.
    """
    codecs = {namespace: CaseCodec(keyring) for namespace, keyring in keyrings.items()}

    async def decode(request: Request) -> JSONResponse:
        payloads = await _payloads(request)
        return _answer(await _codec(request).decode(payloads.payloads))

    async def encode(request: Request) -> JSONResponse:
        payloads = await _payloads(request)
        return _answer(await _codec(request).encode(payloads.payloads))

    def _codec(request: Request) -> CaseCodec:
        namespace = request.headers.get("x-namespace", "")
        if namespace not in codecs:
            raise HTTPException(404, f"no keys for namespace {namespace!r} here")
        return codecs[namespace]

    return Starlette(
        routes=[
            Route("/decode", decode, methods=["POST"]),
            Route("/encode", encode, methods=["POST"]),
        ],
        middleware=[
            # A page that rebinds its own name to 127.0.0.1 still sends that name as Host.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]),
            Middleware(
                CORSMiddleware,
                allow_origins=list(_origins(ui)),
                allow_methods=["POST"],
                allow_headers=["x-namespace", "content-type", "authorization"],
                allow_credentials=True,
            ),
        ],
    )


def _origins(ui: str) -> tuple[str, ...]:
    """Both names of the loopback address: a person may have typed either."""
    port = urlsplit(ui).port
    return (f"http://127.0.0.1:{port}", f"http://localhost:{port}")


async def _payloads(request: Request) -> Payloads:
    try:
        return json_format.Parse(await request.body(), Payloads())
    except json_format.ParseError as error:
        raise HTTPException(400, f"not payloads: {error}") from error


def _answer(payloads: list[Payload]) -> JSONResponse:
    return JSONResponse(json_format.MessageToDict(Payloads(payloads=payloads)))
