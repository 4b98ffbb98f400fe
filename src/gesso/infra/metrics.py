"""Prometheus metrics: one registry of our own, and the text in which it is read."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

EXPOSITION_TYPE: Final = CONTENT_TYPE_LATEST
"""The media type of what `exposition` returns."""

_registry = CollectorRegistry()
ProcessCollector(registry=_registry)
PlatformCollector(registry=_registry)

_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600)
_KNOWN_METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def counter(name: str, says: str, *labels: str) -> Counter:
    """A counter named `gesso_<name>_total`; make it once, at the top of a module."""
    return Counter(name, says, labels, namespace="gesso", registry=_registry)


def gauge(name: str, says: str, *labels: str) -> Gauge:
    """A gauge named `gesso_<name>`; make it once, at the top of a module."""
    return Gauge(name, says, labels, namespace="gesso", registry=_registry)


def histogram(name: str, says: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
    """A histogram named `gesso_<name>`, in seconds unless its name says otherwise."""
    return Histogram(name, says, labels, namespace="gesso", registry=_registry, buckets=buckets)


def exposition() -> bytes:
    """Every metric of this process in Prometheus' text format."""
    return generate_latest(_registry)


_requests = counter("http_requests", "Requests answered.", "method", "route", "status")
_latency = histogram("http_first_byte_seconds", "Time to the first byte.", "method", "route")


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request that was answered after `seconds`; `route` is a pattern, never a path."""
    requests, latency = _children(method if method in _KNOWN_METHODS else "other", route, status)
    requests.inc()
    latency.observe(seconds)


@lru_cache(maxsize=2048)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Finding a child by its labels costs more than counting does, and they are few."""
    return _requests.labels(method, route, str(status)), _latency.labels(method, route)
