"""What to do about a refusal: by its status, and for some codes in their own words."""

from collections.abc import Mapping
from typing import Final

BY_STATUS: Final[Mapping[int, str]] = {
    400: "Mend the request; sent again as it is, it is refused again.",
    401: "Send credentials that are known and have not run out.",
    402: "Get credits, or ask for less; nothing moved.",
    403: "Use a key or an account that may do this.",
    404: "Check the id; what is somebody else's looks the same.",
    405: "Use a method that `Allow` names.",
    408: "Send the body without long pauses.",
    409: "Look at the thing as it stands now, and decide anew.",
    413: "Send less.",
    415: "Send `Content-Type: application/json`.",
    422: "Mend what `detail` and `errors` name; sent again as it is, it is refused again.",
    429: "Wait as long as `Retry-After` says.",
    431: "Send fewer or shorter headers, or a shorter address.",
    500: "Look whether it happened, or send it again with the same `Idempotency-Key`; report"
    " `trace_id`.",
    502: "Ask whoever runs the house; sent again under another key it may go well.",
    507: "Ask whoever runs the house to make room, and send it again.",
    503: "Send it again after `Retry-After`, with the same `Idempotency-Key`; nothing is done"
    " twice.",
}

BY_CODE: Final[Mapping[str, str]] = {
    "price_changed": "Show the new price, and ask again with it as `expected_max`.",
    "package_changed": "Show the package as it is now, and ask again with its `version`.",
    "package_retired": "Choose another package.",
    "idempotency_key_reused": "Take a fresh key for another request; the first one stands.",
    "idempotency_key_missing": "Make a key per intent, keep it, and send it with every repeat.",
    "gateway_unknown": "Choose one of `gateways`.",
    "payment_over": "Look at its `status`; a new payment may be made.",
    "event_not_verified": "Check the endpoint's secrets, and both clocks.",
    "bad_cursor": "Begin at the first page.",
    "unknown_time_zone": "Take a name of the IANA's list, such as `Europe/Berlin` or `UTC`.",
    "bulk_running": "Wait for the end of the one that `id` names (`GET /tasks/bulk/{id}`).",
    "missing_scope": "Use a key with the scope that `scope` names.",
    "no_such_day": "Count it first (`gesso reconcile`), or ask for another day.",
    "not_by_hand": "Wait: the gateway is asked about it, and reports by itself.",
    "unknown_workflow": "Choose one of `GET /workflows`.",
    "insufficient_credits": "Get credits (`POST /payments`), or ask for less; nothing moved.",
    "bad_link": "Read the task or the asset again for a fresh link.",
}
