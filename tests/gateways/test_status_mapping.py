"""Answers that no well-behaved system gives, from a bare socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import GatewayRefusedError, GatewayUnavailableError, SettingsError
from gateways.http import LONGEST_REASON, Connection, Pending
from gateways.identity.protocol import IdentityAnswer, IdentityCheck
from gateways.registry import GATEWAYS, Gateways

QUESTION = IdentityCheck(name="欧阳测试娟", level="remote")


@asynccontextmanager
async def answering(head: str, body: str = "") -> AsyncIterator[str]:
    """Answer every connection with these bytes; yields the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        content = body.encode()
        length = f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 {head}\r\n{length}".encode() + content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def ask(url: str) -> IdentityAnswer | Pending:
    connection = Connection("identity", url)
    try:
        return await connection.ask("/identity/checks", "key", QUESTION, IdentityAnswer)
    finally:
        await connection.aclose()


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        ("408 Timeout", "", "identity is unavailable (408)"),
        ("429 Too Many", "", "identity is unavailable (429)"),
        ("500 Error", "欧阳测试娟", "identity is unavailable (500)"),
        ("302 Found\r\nLocation: http://127.0.0.1:1/", "", "identity is unavailable (302)"),
        ("200 OK", "<html>", "identity gave an answer (200) that cannot be read"),
        (
            "200 OK",
            '{"reference": "欧阳测试娟", "matched": "欧阳测试娟"}',
            "identity gave an answer (200) that cannot be read",
        ),
        ("202 Accepted", "", "identity is pending (202) without a place to ask"),
        (
            "202 Accepted\r\nLocation: http://elsewhere.invalid/x",
            "",
            "identity is pending (202) without a place to ask",
        ),
        ("nonsense", "", "identity cannot be reached (RemoteProtocolError)"),
    ],
)
async def test_no_usable_answer_is_unavailable(head: str, body: str, text: str) -> None:
    """Each is tried again; the message is ours, never the body."""
    async with answering(head, body) as url:
        with pytest.raises(GatewayUnavailableError) as caught:
            await ask(url)
    assert str(caught.value) == text


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"reason": 1}', '{"reason": ""}'])
async def test_a_refusal_without_a_reason_says_so(body: str) -> None:
    """A refusal is final even when its body says nothing."""
    async with answering("403 Forbidden", body) as url:
        with pytest.raises(GatewayRefusedError) as caught:
            await ask(url)
    assert str(caught.value) == "identity refused (403): no reason given"


@pytest.mark.parametrize(
    ("wait", "after"), [("7", 7.0), ("999999", 3600.0), ("soon", 5.0), ("-1", 5.0)]
)
async def test_a_pause_is_taken_from_retry_after_within_bounds(wait: str, after: float) -> None:
    """Seconds are obeyed up to an hour; anything else is our own pause."""
    head = f"202 Accepted\r\nLocation: /identity/checks/ID1?a=b\r\nRetry-After: {wait}"
    async with answering(head) as url:
        assert await ask(url) == Pending(path="/identity/checks/ID1?a=b", after=after)


@given(
    name=st.text("甲乙丙丁", min_size=1, max_size=4),
    id_number=st.text("0123456789X", min_size=15, max_size=18),
    around=st.tuples(st.text("abc "), st.text("abc "), st.text("abc ", max_size=300)),
)
def test_no_reason_repeats_personal_data(
    name: str, id_number: str, around: tuple[str, str, str]
) -> None:
    """Wherever they stand in a reason, name and number are masked, and it stays short."""
    question = IdentityCheck(name=name, id_number=id_number, level="remote")
    masked = question.mask(f"{around[0]}{name}{around[1]}{id_number}{around[2]}{name}")
    assert name not in masked
    assert id_number not in masked
    assert len(masked) <= LONGEST_REASON


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        ({}, "gateway courier has no address: give each gateway an http:// address"),
        (
            {**dict.fromkeys(GATEWAYS, "http://127.0.0.1:1"), "post": "http://x"},
            "no gateway is named 'post': use one of identity, courier, delivery, data, payment",
        ),
        (
            dict.fromkeys(GATEWAYS, "127.0.0.1:1"),
            "gateway identity: '127.0.0.1:1' is not an address: write http://host:port",
        ),
    ],
)
def test_wrong_gateway_settings_are_one_clear_line(urls: dict[str, str], message: str) -> None:
    """What is wrong and what to do, before anything is asked."""
    with pytest.raises(SettingsError) as caught:
        Gateways(urls)
    assert str(caught.value) == message
