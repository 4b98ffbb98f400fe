"""What becomes of every table when somebody is erased. A test compares this with the tables that
there are, so that nobody adds one and forgets that a person may stand in it.
"""

from collections.abc import Mapping
from typing import Final

_SUMS: Final = "sums of everybody's figures"
_HOUSE: Final = "the house's own; nobody stands in it but by a bare id"

WHAT_BECOMES: Final[Mapping[str, str]] = {
    "user_account": "address, name and locale go at once; the row stays for what refers to it",
    "user_identity": "deleted at once",
    "api_key": "deleted at once",
    "user_session": "deleted at once",
    "refresh_token": "deleted at once",
    "signin_challenge": "deleted at once",
    "user_password": "deleted at once",
    "signin_password_try": "deleted at once; those of an IP network a day later",
    "oidc_transaction": "deleted at once",
    "handover_use": "a hash, deleted when the token is over",
    "preferences": "deleted",
    "account_export": "deleted",
    "erasure": "stays, for it is the tombstone and the receipt; it names nobody",
    "task": "parameters, results and errors are blanked; figures stay",
    "job": "metadata, outputs and errors are blanked; figures stay",
    "attempt": "error codes are blanked; costs, and the providers' numbers for them, stay",
    "idempotency_key": "deleted",
    "fair_clock": "deleted",
    "asset": "files are deleted, rows blanked",
    "upload": "given up: the bytes are deleted, then the row",
    "inbox": "deleted; what comes later is not taken in",
    "dead_letter": "deleted, those about jobs and runs",
    "event": "data are blanked; that something happened stays, for the numbers have no gap",
    "stream": "stays: a number",
    "untold": "deleted",
    "run": "those that they asked for are deleted",
    "wallet": "stays: figures",
    "hold": "stays: figures",
    "ledger_txn": "memos are blanked; figures and references of payments stay",
    "ledger_entry": "stays: figures",
    "lot": "stays: figures",
    "lot_cover": "stays: figures",
    "spend_limit": "stays: figures, under the bare id of whom or what it limits",
    "limit_charge": "stays: figures",
    "wallet_member": "the membership ends; the row stays, a bare id",
    "redemption": "the key of the request is taken out; that a code was used stays",
    "code_guess": "deleted; those of an IP address an hour later",
    "payment": "the link, the key and the gateway's words go, what is open is called off; figures"
    " and the gateway's own numbers stay, for refunds and disputes",
    "payment_event": "what the gateway said is blanked, and of what comes later nothing is kept;"
    " that it came stays",
    "audit_log": "lines about them lose their details, and their own the address; that it was done,"
    " by which id, stays",
    "tenant": _HOUSE,
    "channel": _HOUSE,
    "channel_host": _HOUSE,
    "channel_secret": _HOUSE,
    "oauth_client": _HOUSE,
    "signing_key": _HOUSE,
    "queue": _HOUSE,
    "epoch": _HOUSE,
    "schedule": _HOUSE,
    "workflow": _HOUSE,
    "catalog_revision": _HOUSE,
    "master_key": _HOUSE,
    "provider_key": _HOUSE,
    "provider_key_event": _HOUSE,
    "package": _HOUSE,
    "package_version": _HOUSE,
    "code_batch": _HOUSE,
    "redeem_code": _HOUSE,
    "bill_line": "the providers' own numbers and costs; nobody stands in it",
    "reconciled_day": _SUMS,
}
