"""Addresses of servers, fit to be shown."""

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def without_password(address: str) -> str:
    """The address with any password hidden, in its user part or in its query.

    What cannot be read as an address is hidden whole.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return "***"
    query = {name: "***" if "pass" in name.lower() else url.query[name] for name in url.query}
    return url.set(query=query).render_as_string(hide_password=True)


def without_passwords(value: object) -> object:
    """The same tree, each address in it as `without_password` shows it."""
    match value:
        case dict():
            return {name: without_passwords(inner) for name, inner in value.items()}
        case list():
            return [without_passwords(inner) for inner in value]
        case str() if "://" in value:
            return without_password(value)
        case _:
            return value
