"""The token: what a refresh token is exchanged for (RFC 6749, section 6; OAuth of Google)."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from gesso.providers.access import Credential
from gesso.providers.flow import Answer, Call, Flow, Refused, Unsure
from gesso.providers.readings import KEY_REFUSED, OVERLOADED, retry_after

ROOT: Final = "https://youtube.googleapis.com"
_GOOGLE: Final = "https://oauth2.googleapis.com/token"
_KEEP: Final = 3000.0
"""Seconds for which a token serves; Google lets it live for 3600."""
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


def opened(credential: Credential, call: Callable[[str], Call]) -> Flow[Answer | Refused]:
    """The answer to a call that is made with a token; with a new one where a kept one has been
    taken back. Refused where there is no token.
    """
    token = yield from access_token(credential)
    if isinstance(token, Refused):
        return token
    answer: Answer = yield call(token)
    if answer.status != 401:
        return answer
    token = yield from access_token(credential, fresh=True)
    if isinstance(token, Refused):
        return token
    again: Answer = yield call(token)
    return again


def access_token(credential: Credential, *, fresh: bool = False) -> Flow[str | Refused]:
    """A token that opens the API now, or why there is none."""
    form = {
        "grant_type": "refresh_token",
        "client_id": credential.secret("client_id"),
        "client_secret": credential.secret("client_secret"),
        "refresh_token": credential.secret("refresh_token"),
    }
    body = urlencode(form).encode()
    answer = yield Call(
        "POST",
        _address(credential),
        headers=_FORM,
        body=body,
        keep=_KEEP,
        fresh=fresh,
        prepares=True,
    )
    if answer.ok:
        return _token(answer)
    if answer.status == 429 or answer.status >= 500:
        message = "Google gives no token now."
        return Refused(OVERLOADED, message, again=True, after=retry_after(answer))
    return Refused(KEY_REFUSED, f"Google refuses a token: {_reason(answer)}.", again=True)


def _address(credential: Credential) -> str:
    """Google gives tokens at a host of its own; whoever stands in for it has one host only."""
    return _GOOGLE if credential.root == ROOT else f"{credential.root}/token"


def _token(answer: Answer) -> str:
    try:
        return str(answer.json()["access_token"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unsure("an answer without a token") from error


def _reason(answer: Answer) -> str:
    try:
        return str(answer.json()["error"])
    except (KeyError, TypeError, ValueError):
        return f"status {answer.status}"
