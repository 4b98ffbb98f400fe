"""What is sealed opens where it was sealed, and nowhere and as nothing else."""

import asyncio
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.infra.vault import (
    Envelope,
    LocalMaster,
    Master,
    MasterFile,
    Masters,
    Tampered,
    UnknownMaster,
    open_envelope,
    open_masters,
    rewrap,
    seal,
)

OLD, NEW = "an-old-master-key-of-at-least-32-letters", "a-new-master-key-of-at-least-32-letters"
SECRETS = {"key": "the-secret-of-this-test", "other": "ünïcode ✓"}
HERE, THERE = b"row one", b"row two"


def masters(tmp_path: Path, *secrets: str) -> Masters:
    old = [LocalMaster(secret) for secret in secrets[1:]]
    return Masters([LocalMaster(secrets[0])], old, MasterFile(tmp_path / "master.key"))


async def test_what_was_sealed_opens_in_its_place(tmp_path: Path) -> None:
    known = masters(tmp_path, OLD)
    envelope = await seal(known.preferred(), SECRETS, HERE)
    assert await open_envelope(known, envelope, HERE) == SECRETS
    again = await seal(known.preferred(), SECRETS, HERE)
    assert (again.sealed, again.wrapped) != (envelope.sealed, envelope.wrapped)
    whole = envelope.sealed + envelope.wrapped
    assert all(secret.encode() not in whole for secret in SECRETS.values())


async def test_an_envelope_does_not_open_in_another_place(tmp_path: Path) -> None:
    known = masters(tmp_path, OLD)
    mine, other = [
        await seal(known.preferred(), {"key": k}, p) for k, p in (("a", HERE), ("b", THERE))
    ]
    for swapped in (
        mine,
        replace(mine, sealed=other.sealed),
        replace(mine, wrapped=other.wrapped),
    ):
        with pytest.raises(Tampered):
            await open_envelope(known, swapped, THERE)


@given(st.data())
def test_no_altered_envelope_opens(data: st.DataObject) -> None:
    master = LocalMaster(OLD)
    known = Masters([master], [], MasterFile(Path("/nowhere/master.key")))
    envelope = asyncio.run(seal(master, SECRETS, HERE))
    part = data.draw(st.sampled_from(["sealed", "wrapped"]))
    raw = bytearray(getattr(envelope, part))
    how = data.draw(st.sampled_from(["flip", "cut", "lengthen"]))
    if how == "flip":
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    elif how == "cut":
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    else:
        raw += data.draw(st.binary(min_size=1, max_size=40))
    parts: dict[str, Any] = {part: bytes(raw)}
    altered: Envelope = replace(envelope, **parts)
    with pytest.raises(Tampered):
        asyncio.run(open_envelope(known, altered, HERE))


async def test_a_rewrapped_envelope_opens_under_the_new_master_alone(tmp_path: Path) -> None:
    both = masters(tmp_path, NEW, OLD)
    envelope = await seal(LocalMaster(OLD), SECRETS, HERE)
    fresh = await rewrap(both, both.preferred(), envelope, HERE)
    assert fresh.sealed == envelope.sealed
    assert await open_envelope(masters(tmp_path, NEW), fresh, HERE) == SECRETS
    assert await open_envelope(both, envelope, HERE) == SECRETS
    with pytest.raises(UnknownMaster):
        await open_envelope(masters(tmp_path, OLD), fresh, HERE)


def test_a_master_key_is_known_by_an_id_that_tells_nothing() -> None:
    one, same, other = LocalMaster(OLD), LocalMaster(OLD), LocalMaster(NEW)
    assert one.id == same.id != other.id
    assert len(one.id) == 16
    with pytest.raises(ValueError, match="32"):
        LocalMaster("short")


def test_many_who_come_first_make_one_master_key(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: MasterFile(file).first().id, range(32)))
    assert len(ids) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["master.key"]


def test_a_file_keeps_what_nobody_has_said_to_be_unneeded(tmp_path: Path) -> None:
    file = MasterFile(tmp_path / "master.key")
    first = file.first()
    second = file.put_first()
    third = file.put_first()
    assert [each.id for each in file.read()] == [third.id, second.id, first.id]
    file.forget([second.id, third.id, "unheard-of"])
    assert [each.id for each in file.read()] == [third.id, first.id]
    known = Masters([], [], file)
    later = file.put_first()
    assert known.find(later.id).id == later.id  # made by another process meanwhile


class _Service:
    """A key management service, as a plugin speaks to one."""

    id = "service-key-7"

    async def wrap(self, key: bytes, context: bytes) -> bytes:
        """Ask it."""
        await asyncio.sleep(0)
        return b"service:" + await LocalMaster(NEW).wrap(key, context)

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Ask it."""
        return await LocalMaster(NEW).unwrap(wrapped.removeprefix(b"service:"), context)


def services() -> Sequence[Master]:
    """What the setting `plugin` names."""
    return [_Service()]


async def test_a_plugin_goes_before_the_settings_and_these_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    by_service = open_masters(plugin=services, secret=NEW, old=[OLD], file=file)
    assert by_service.preferred().id == "service-key-7"
    envelope = await seal(by_service.preferred(), SECRETS, HERE)
    assert await open_envelope(by_service, envelope, HERE) == SECRETS
    by_setting = open_masters(plugin=None, secret=NEW, old=[OLD], file=file)
    assert by_setting.preferred().id == LocalMaster(NEW).id
    assert by_setting.knows(LocalMaster(OLD).id)
    assert not file.exists()
    by_file = open_masters(plugin=None, secret=None, old=[], file=file)
    assert by_file.preferred().id == by_file.preferred().id
    assert file.exists()
