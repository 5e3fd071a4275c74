"""Traces for OpenTelemetry: what a request or a commit takes, and which statements of it. Where no setting
asks for them, a span costs a look at a global.

Its packages aren't among ours; `traces` of pyproject.toml names them."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

SEND_SECONDS = 1.0
"""The interval at which spans are sent, by a thread."""

MOST_WAITING = 2048
"""Spans. More are lost while they can't be sent."""

ANSWER_SECONDS = 5.0
"""Within which the collector answers."""

Attributes = Mapping[str, str | int | float | bool]


class MissingPackages(Exception):
    """OpenTelemetry isn't installed."""


_nothing = contextlib.nullcontext()
_tracer: Any = None


def span(
    name: str, attributes: Attributes | None = None, *, headers: Mapping[str, str] | None = None
) -> contextlib.AbstractContextManager[Any]:
    """What happens within it is a part of the trace. With `headers`, those of a request, it is the server's
    side of what they name. Yields something with a `set_attribute`, or None."""
    if _tracer is None:
        return _nothing
    return _begun(name, attributes, headers)


def statement_span(sql: object) -> contextlib.AbstractContextManager[Any]:
    """Of a statement, by its first word: its values aren't for traces."""
    if _tracer is None:
        return _nothing
    return _begun(next(iter(str(sql).split(None, 1)), "statement"), None, None)


@contextlib.contextmanager
def _begun(name: str, attributes: Attributes | None, headers: Mapping[str, str] | None) -> Iterator[Any]:
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = None if headers is None else TraceContextTextMapPropagator().extract(headers)
    kind = SpanKind.INTERNAL if headers is None else SpanKind.SERVER
    # A redirection is an exception, too, and the texts of others may hold what isn't for traces.
    quiet = {"record_exception": False, "set_status_on_exception": False}
    with _tracer.start_as_current_span(name, context, kind, attributes, **quiet) as found:
        yield found


def fail(found: Any) -> None:
    """Marks a span as failed."""
    from opentelemetry.trace import StatusCode

    found.set_status(StatusCode.ERROR)


def check_packages() -> None:
    """Raises MissingPackages."""
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401
    except ImportError as error:
        raise MissingPackages(error.name or str(error)) from None


@contextlib.asynccontextmanager
async def traced(collector: str, service: Attributes) -> AsyncIterator[None]:
    """Sends spans to `collector`, the address of OTLP over HTTP. `service` says who sends them. What can't be
    sent is lost, with a line in the log. The packages are there."""
    global _tracer
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(f"{collector.rstrip('/')}/v1/traces", timeout=ANSWER_SECONDS)
    provider = TracerProvider(resource=Resource.create({**service}), shutdown_on_exit=False)
    sender = BatchSpanProcessor(
        exporter, max_queue_size=MOST_WAITING, schedule_delay_millis=round(SEND_SECONDS * 1000)
    )
    provider.add_span_processor(sender)
    _tracer = provider.get_tracer("aiochat")
    try:
        yield
    finally:
        _tracer = None
        # What waits is sent, by a thread that is left behind where the collector is slow.
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        await asyncio.to_thread(last.join, ANSWER_SECONDS)
