"""Signatures: good for exactly what was signed, and only until they expire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesso.kit.signing import Signer

SIGNER = Signer(b"s" * 32)
PARTS = st.lists(st.text(max_size=6), max_size=4)


def test_a_signature_is_good_until_the_second_it_expires() -> None:
    signature = SIGNER.sign("GET", "asset_1", expires_at=1_000)
    assert SIGNER.verify(signature, "GET", "asset_1", expires_at=1_000, now=999.9)
    assert not SIGNER.verify(signature, "GET", "asset_1", expires_at=1_000, now=1_000)


def test_a_later_expiry_cannot_be_claimed() -> None:
    signature = SIGNER.sign("GET", "asset_1", expires_at=1_000)
    assert not SIGNER.verify(signature, "GET", "asset_1", expires_at=9_000, now=2_000)


@given(PARTS, PARTS)
def test_a_signature_fits_no_other_parts(signed: list[str], claimed: list[str]) -> None:
    signature = SIGNER.sign(*signed, expires_at=10)
    assert SIGNER.verify(signature, *claimed, expires_at=10, now=1) == (signed == claimed)


@given(st.text(alphabet=st.characters(), max_size=60))
def test_a_made_up_signature_is_false_and_never_an_error(signature: str) -> None:
    assert not SIGNER.verify(signature, "GET", expires_at=10, now=1)


def test_another_secret_makes_another_signature() -> None:
    signature = Signer(b"t" * 32).sign("GET", expires_at=10)
    assert not SIGNER.verify(signature, "GET", expires_at=10, now=1)


def test_a_signature_needs_no_escaping_in_an_address() -> None:
    signature = SIGNER.sign("GET", expires_at=10)
    assert len(signature) == 43
    assert set(signature) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_the_signature_matches_a_published_computation() -> None:
    # printf '\0\0\0\0\0\0\0\00210\0\0\0\0\0\0\0\003GET' | openssl dgst -sha256 -hmac ssss…
    assert SIGNER.sign("GET", expires_at=10) == "FrLNd29_Hb5B2Vzg9iwHSPrBHCdpjnuRpiPXMQs7eF8"


@pytest.mark.parametrize("secret", [b"", b"s" * 31])
def test_a_short_secret_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(secret)
