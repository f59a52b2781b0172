"""Counts for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import Scope

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """The counts of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "coldwave_requests", "requests answered", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "coldwave_request_seconds",
            "time until the answer's end",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._refused = Counter(
            "coldwave_uploads_refused", "uploads without a result", ("why",), registry=self._registry
        )

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request. HEAD counts as GET. Routes are those of the app, so that clients cannot make new ones."""
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in ("GET", "POST", "OPTIONS") else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refuse(self, why: str) -> None:
        """Count an upload that was refused, or of which nothing came."""
        self._refused.labels(why).inc()

    def text(self) -> bytes:
        """Return all counts as text."""
        return generate_latest(self._registry)
