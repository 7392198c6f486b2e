"""Codec, converter and failures: who can read what, and what happens to those who cannot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letterbox import Letter, Note
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter, NexusSerializationContext
from temporalio.exceptions import ApplicationError

from engine.codec import CaseCodec
from engine.converter import ENCRYPTED, KEY_ID
from engine.keys import FEDERATION, KeyFile, Keyring
from engine.plugin import data_converter
from errors import KeyUnknownError

SHARED = KeyFile.new(FEDERATION)
GUANGDONG = Keyring(KeyFile.new("province-440000"), SHARED)
HUNAN = Keyring(KeyFile.new("province-430000"), SHARED)
STRANGER = Keyring(KeyFile.new("province-510000"), KeyFile.new(FEDERATION))

payloads = st.builds(
    Payload,
    metadata=st.dictionaries(st.text(max_size=20), st.binary(max_size=40), max_size=3),
    data=st.binary(max_size=2000),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(payloads, max_size=4))
async def test_whatever_is_encoded_comes_back(given: list[Payload]) -> None:
    """Any payloads, any metadata: decode undoes encode, and all that lies between is encrypted."""
    codec = CaseCodec(GUANGDONG)
    encoded = await codec.encode(given)
    assert [each.metadata["encoding"] for each in encoded] == [ENCRYPTED] * len(given)
    assert await codec.decode(encoded) == given


@settings(max_examples=200, deadline=None)
@given(payloads, st.sampled_from([*GUANGDONG.ids, "province-440000-00000000", "", "\xff"]))
async def test_decoding_never_raises_and_leaves_what_it_cannot_read(
    given: Payload, name: str
) -> None:
    """Bytes that nobody encrypted, under held and unknown keys, stay as they are."""
    given.metadata["encoding"] = ENCRYPTED
    given.metadata[KEY_ID] = name.encode("latin-1")
    assert await CaseCodec(GUANGDONG).decode([given]) == [given]


async def test_no_two_ciphertexts_of_one_text_are_equal_and_none_shows_it() -> None:
    """A fresh nonce each time; neither the text nor its length times ten is left."""
    converter = data_converter(GUANGDONG)
    text = "张伟 440305199001011234 " * 50
    one, two = await converter.encode([Note(text=text), Note(text=text)])
    assert one.data != two.data
    assert "张伟".encode() not in one.SerializeToString()
    assert len(one.data) < len(text.encode()) / 10


async def test_other_provinces_read_what_provinces_exchange_and_nothing_else() -> None:
    """The mark on a contract type decides the key; another province reads that and only that."""
    letter, note = await data_converter(GUANGDONG).encode([Letter(text="函"), Note(text="内")])
    assert letter.metadata[KEY_ID].decode() == SHARED.active
    assert note.metadata[KEY_ID].decode() == GUANGDONG.active("own")[0]
    hunan = data_converter(HUNAN)
    assert await hunan.decode([letter], [Letter]) == [Letter(text="函")]
    with pytest.raises(KeyUnknownError):
        await hunan.decode([note], [Note])


async def test_what_crosses_nexus_is_for_the_federation_even_without_a_mark() -> None:
    """A handler's failure carries no mark; the other province must be able to read its reason."""
    context = NexusSerializationContext(endpoint="e", service="s", operation="o")
    failure = Failure()
    await (
        data_converter(GUANGDONG)
        .with_context(context)
        .encode_failure(ApplicationError("规则不存在"), failure)
    )
    assert failure.message == "Encoded failure"
    assert str(await data_converter(HUNAN).decode_failure(failure)) == "规则不存在"


async def test_an_unknown_key_is_named_with_what_to_do() -> None:
    """One line: which key, which are held, where to put it or who did it wrong."""
    [note] = await data_converter(STRANGER).encode([Note(text="x")])
    with pytest.raises(KeyUnknownError) as caught:
        await data_converter(GUANGDONG).decode([note], [Note])
    held = ", ".join(GUANGDONG.ids)
    assert str(caught.value) == (
        f"payload is encrypted under key {STRANGER.active('own')[0]}, this process holds {held}: "
        "its sender must use the federation's key for what other provinces read"
    )
    [letter] = await data_converter(STRANGER).encode([Letter(text="x")])
    with pytest.raises(KeyUnknownError, match=r"put the key into DIR/keys/federation\.json"):
        await data_converter(GUANGDONG).decode([letter], [Letter])


async def test_a_damaged_payload_says_so() -> None:
    """One flipped bit is an error about that payload, not about keys."""
    converter = data_converter(GUANGDONG)
    [note] = await converter.encode([Note(text="x")])
    note.data = note.data[:-1] + bytes([note.data[-1] ^ 1])
    with pytest.raises(KeyUnknownError, match="is damaged"):
        await converter.decode([note], [Note])


async def test_a_foreign_failure_can_be_caught() -> None:
    """Message, details and cause under a key that is not held: an error that names the key."""
    failure = Failure()
    error = ApplicationError("秘密", Note(text="秘密"), type="Refused")
    error.__cause__ = ApplicationError("原因", Note(text="秘密"))
    await data_converter(STRANGER).encode_failure(error, failure)
    caught = await data_converter(GUANGDONG).decode_failure(failure)
    assert isinstance(caught, ApplicationError)
    assert caught.type == "Refused"
    key = STRANGER.active("own")[0]
    assert str(caught) == f"Refused: unreadable failure, encrypted under key {key}"
    assert caught.details == ()
    assert isinstance(caught.__cause__, ApplicationError)


async def test_after_a_rotation_both_keys_decode() -> None:
    """What was encrypted before a rotation stays readable after it, and the new key is used."""
    before = KeyFile.new("province-440000")
    after = before.rotated()
    old = data_converter(Keyring(before, SHARED))
    new = data_converter(Keyring(after, SHARED))
    [early] = await old.encode([Note(text="早")])
    [late] = await new.encode([Note(text="晚")])
    assert await new.decode([early, late], [Note, Note]) == [Note(text="早"), Note(text="晚")]
    assert late.metadata[KEY_ID].decode() == after.active != before.active


async def test_with_the_codec_off_payloads_are_in_clear() -> None:
    """The switch that proves the secrecy scan: without the codec it finds the text."""
    converter: DataConverter = data_converter(GUANGDONG, codec=False)
    [note] = await converter.encode([Note(text="张伟")])
    assert "张伟".encode() in note.data
