"""What answers say of limits: `RateLimit` and `RateLimit-Policy`, after the working group's draft
(draft-ietf-httpapi-ratelimit-headers-11).

`r` is how many may come at once now, `t` the seconds until all of them may come again, or until the
next one may where none is left. So a client that spreads `r` over `t` is never refused.
"""

from functools import lru_cache
from typing import Final

from gesso.infra.limits import Rule, Standing
from gesso.kit.rates import SECOND, Rate, left, wait

_POLICY: Final = b"ratelimit-policy"
_LIMIT: Final = b"ratelimit"

Headers = list[tuple[bytes, bytes]]


def limit_headers(standing: Standing) -> Headers:
    """The two headers; none where no rule applied."""
    if not standing.rules:
        return []
    policies = b", ".join([_policy(rule.name, rule.rate) for rule in standing.rules])
    limits = ", ".join(map(_limit, standing.rules, standing.ahead)).encode()
    return [(_POLICY, policies), (_LIMIT, limits)]


def retry_after(standing: Standing) -> int:
    """Whole seconds until every rule of a refused question lets one through; 1 at the least."""
    waits = [wait(rule.rate, ahead) for rule, ahead in _pairs(standing)]
    return max(1, _seconds(max(waits)))


def violated(standing: Standing) -> list[str]:
    """The policies that let nobody through just now."""
    return [rule.name for rule, ahead in _pairs(standing) if wait(rule.rate, ahead)]


def _pairs(standing: Standing) -> list[tuple[Rule, int]]:
    return list(zip(standing.rules, standing.ahead, strict=True))


@lru_cache(maxsize=1024)
def _policy(name: str, rate: Rate) -> bytes:
    burst = "" if rate.burst == rate.count else f";gesso-burst={rate.burst}"
    return f'"{name}";q={rate.count};w={rate.period}{burst}'.encode()


def _limit(rule: Rule, ahead: int) -> str:
    remaining = left(rule.rate, ahead)
    until = _seconds(ahead if remaining else wait(rule.rate, ahead))
    return f'"{rule.name}";r={remaining};t={until}'


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND)
