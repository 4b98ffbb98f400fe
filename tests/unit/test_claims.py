"""What an issuer's claims mean by a channel's mapping."""

from typing import Any

import pytest

from gesso.domain.channels import read
from gesso.domain.channels.claims import find
from gesso.domain.identity import Channel, Role


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("plain", 1),
        ("realm.roles", ["a"]),
        ("https://acme.example/roles", ["b"]),
        ("app.acme.example.role", "c"),
        ("a.b.c.d", 2),
        ("plain.further", None),
        ("realm.nothing", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_a_claim_is_found_where_dots_lead_and_where_they_are_part_of_a_name(
    path: str, value: object
) -> None:
    claims = {
        "plain": 1, "realm": {"roles": ["a"]}, "https://acme.example/roles": ["b"],
        "app": {"acme.example": {"role": "c"}}, "a.b": {"c.d": 2},
    }  # fmt: skip
    assert find(claims, path) == value


def said(claims: dict[str, Any], **mapping: Any) -> Any:
    channel = Channel(claims=mapping, allowed_roles=["user", "operator"])
    return read(channel, claims)


def test_what_is_said_is_read_with_care() -> None:
    odd = said({"email": ["a@b.example"], "email_verified": "yes", "name": {"a": 1}})
    assert (odd.email, odd.is_email_verified, odd.name) == (None, False, None)
    assert said({"email": "a\0b@c.example"}).email is None
    assert said({"email": "a" * 300}).email is None
    assert said({"name": " Anna\0\u202e \n"}).name == "Anna"
    assert said({"email_verified": "true"}).is_email_verified is True
    assert said({"email_verified": 1}).is_email_verified is False


def test_roles_are_translated_and_kept_within_the_channel() -> None:
    table = {"boss": "admin", "helper": "operator", "member": "user"}
    both = said({"groups": ["member", "helper", "boss"]}, role="groups", roles=table)
    assert (both.role, both.says_role) == (Role.OPERATOR, True)
    above = said({"groups": "boss"}, role="groups", roles=table)
    assert (above.role, above.says_role) == (None, True)
    assert said({"groups": "operator"}, role="groups", roles=table).role is None
    assert said({"role": "operator"}, role="role").role == Role.OPERATOR
    assert said({"role": ["operator"], "other": 1}).says_role is False
    assert said({"role": [1, None, {"a": "operator"}]}, role="role").role is None
