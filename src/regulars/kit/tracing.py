"""Traces to an OpenTelemetry collector, where `OTEL_EXPORTER_OTLP_ENDPOINT` names one; else nothing at all.

What the packages of the extra `otel` would record of a request by themselves holds addresses and statements. So only
our own spans are sent, and they carry names of routes, jobs and subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from regulars.kit.errors import DomainError
from regulars.kit.i18n import gettext

# Names a span once it is known what it was, and gives it attributes.
Naming = Callable[[str, Mapping[str, str | int]], None]

_tracer: Any = None


class NoTracing(DomainError):
    """Traces are asked for, but what sends them is not installed."""

    code = "no_tracing"


def require_tracing() -> None:
    """Make sure that traces can be sent.

    Raises
    ------
    NoTracing
        The extra is not installed.
    """
    try:
        found = all(find_spec(name) for name in ("opentelemetry.sdk", "opentelemetry.exporter.otlp"))
    except ModuleNotFoundError:
        found = False
    if not found:
        raise NoTracing(
            gettext(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the packages that send traces are not installed; "
                "install regulars[otel], or unset it."
            )
        )


def start_tracing(part: str, version: str) -> None:
    """Send spans from now on, as the part `web` or `worker`, to where OpenTelemetry's own settings say."""
    global _tracer  # noqa: PLW0603  # One process traces to one place.
    require_tracing()
    trace = import_module("opentelemetry.trace")
    sdk = import_module("opentelemetry.sdk.trace")
    resource = import_module("opentelemetry.sdk.resources").Resource.create(
        {"service.name": f"regulars-{part}", "service.version": version}
    )
    exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter()
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    _tracer = trace.get_tracer("regulars")


@contextmanager
def span(name: str) -> Iterator[Naming]:
    """Trace what is done within; yield what gives the span its final name."""
    if _tracer is None:
        yield _leave_unnamed
        return
    with _tracer.start_as_current_span(name, record_exception=False) as current:

        def give_name(final: str, attributes: Mapping[str, str | int]) -> None:
            current.update_name(final)
            current.set_attributes(dict(attributes))

        yield give_name


def _leave_unnamed(_name: str, _attributes: Mapping[str, str | int]) -> None:
    """Nobody looks."""
