"""Secrets of channels: sealed for one row, opened by whoever speaks to the issuer."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, select

from gesso.domain.channels.errors import BadChannel
from gesso.domain.channels.rules import SHORTEST_SHARED
from gesso.domain.channels.tables import ChannelSecret
from gesso.domain.identity import Channel
from gesso.domain.keyring import Safe, SealedRows, place_of
from gesso.infra.db import Tx, View, moment
from gesso.infra.vault import Envelope
from gesso.kit.masks import fingerprint, mask

_PART: Final = "secret"


def place_for(secret_id: UUID, channel_id: UUID) -> bytes:
    """What the seal of a channel's secret is bound to."""
    return place_of("channel_secret", str(secret_id), str(channel_id))


def _place(row: ChannelSecret) -> bytes:
    return place_for(row.id, row.channel_id)


SECRETS: Final = SealedRows(ChannelSecret, _place)
"""The secrets of channels, as a rotation of the master key goes through them."""


def checked(kind: str, secret: str) -> dict[str, str]:
    """The secret, ready to be sealed; BadChannel for one that is too short to sign with."""
    if kind == "handover" and len(secret.encode()) < SHORTEST_SHARED:
        raise BadChannel(f"A secret that signs has at least {SHORTEST_SHARED} bytes.")
    if not secret.isprintable():
        raise BadChannel("A secret has printable letters only.")
    return {_PART: secret}


async def put(
    tx: Tx, channel: Channel, secret_id: UUID, envelope: Envelope, secret: str
) -> ChannelSecret:
    """Write a sealed secret in the place of the one of before."""
    await take_away(tx, channel.id)
    row = ChannelSecret(
        id=secret_id, tenant_id=channel.tenant_id, channel_id=channel.id, sealed=envelope.sealed,
        wrapped=envelope.wrapped, master_id=envelope.master,
        hint={"mask": mask(secret), "sha256": fingerprint(secret) if len(secret) >= 16 else None},
        rev=1, created_at=moment(tx),
    )  # fmt: skip
    tx.add(row)
    await tx.flush()
    return row


async def take_away(tx: Tx, channel_id: UUID) -> None:
    """Destroy the secret of a channel, if it has one."""
    gone = delete(ChannelSecret).where(ChannelSecret.channel_id == channel_id)
    await tx.execute(gone.execution_options(synchronize_session=False))


async def secret_of(view: View, channel_id: UUID) -> ChannelSecret | None:
    """The sealed secret of a channel; None where it has none."""
    query = select(ChannelSecret).where(ChannelSecret.channel_id == channel_id)
    found: ChannelSecret | None = await view.scalar(query)
    return found


async def opened(safe: Safe, row: ChannelSecret) -> str:
    """The secret itself; outside of any transaction, for a master key may be asked far away."""
    return (await safe.open_row(SECRETS, row))[_PART]
