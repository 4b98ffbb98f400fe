"""What may be told about limits, and what they are when nothing is."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gesso.kit.rates import Rate, parse_rate

OFF: Final = "off"
_RATES: Final = ("ip", "user", "key", "submits", "media", "hooks", "signin")


class LimitsSettings(BaseModel):
    """How often, and how much at once. A rate is `600/minute`, `600/minute burst 200` or `off`; of
    the numbers 0 means no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ip: str = Field("600/minute burst 200", description="Requests from an address, without a key.")
    user: str = Field("1200/minute", description="Requests of a user, by whatever keys.")
    key: str = Field(OFF, description="Requests by one key.")
    submits: str = Field("600/minute", description="Tasks that a user asks for.")
    media: str = Field("6000/minute burst 3000", description="Signed links, from an address.")
    hooks: str = Field("6000/minute burst 3000", description="Providers' reports, from an address.")
    signin: str = Field("60/minute burst 30", description="Tries to sign in, from an address.")
    operations: Mapping[str, str] = Field(
        {}, description="Tasks of a type that a user asks for, by the type."
    )
    requests: int = Field(256, ge=0, description="Requests of a user at once.")
    streams: int = Field(20, ge=0, description="Event streams of a user at once.")
    streams_per_ip: int = Field(100, ge=0, description="Event streams from an address at once.")
    connections: int = Field(100, ge=0, description="Connections from an address at once.")
    tasks: int = Field(10_000, ge=0, description="Tasks of a user that have not ended.")
    spare: tuple[str, ...] = Field(
        ("127.0.0.0/8", "::1/128"), description="Networks that are not counted by address."
    )
    instances: int | None = Field(
        None, ge=1, description="Processes that serve, where Redis is away or none; none: 1, or as "
        "many as were seen there last.",
    )  # fmt: skip

    @field_validator(*_RATES)
    @classmethod
    def _is_rate(cls, text: str) -> str:
        rate_of(text)
        return text

    @field_validator("operations")
    @classmethod
    def _are_rates(cls, operations: Mapping[str, str]) -> Mapping[str, str]:
        for text in operations.values():
            rate_of(text)
        return operations

    @field_validator("spare")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network, strict=False)
        return networks


def rate_of(text: str) -> Rate | None:
    """The rate that a setting says; None where it is off. ValueError for what is neither."""
    return None if text == OFF else parse_rate(text)
