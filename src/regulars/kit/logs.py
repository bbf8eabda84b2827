"""Structured logs: one line per happening, in JSON or as text, without what people wrote.

The message of an exception may quote what somebody typed, or a row of a table. So a log tells of an exception its type
and where it was raised, and never its message.
"""

from __future__ import annotations

import logging
import logging.config
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

_FRAMES = 8
# What these say of a request holds its path; the line of the request tells the rest.
_SILENT = ("django.request", "django.security.csrf", "django.server")

Event = MutableMapping[str, Any]


def configure(settings: Mapping[str, str]) -> None:
    """Send all logs to standard error, in `settings["form"]` (json or text), from `settings["level"]` up."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_messages,
        short_of_jobs,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings["form"] == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    logging.config.dictConfig(_handlers(shared, renderer, settings["level"].upper()))


def _handlers(shared: list[Any], renderer: Any, level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(allow=["action", "job"]), *shared],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "lines"},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            **{name: {"handlers": ["nowhere"], "propagate": False} for name in _SILENT},
            # Each periodic job at INFO would drown what is worth reading.
            "procrastinate": {"level": max(level, "WARNING", key=logging.getLevelName)},
            "httpx": {"level": "WARNING"},
            # What these say names passkeys, and the addresses of who vouches for people.
            "fido2": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
        },
    }


def without_messages(_logger: Any, _method: str, event: Event) -> Event:
    """Tell of an exception its type and where it was raised, but not what it says."""
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    event.pop("stack_info", None)
    if isinstance(error, BaseException):
        # What an import says names a module, which nobody but us wrote.
        event["error"] = repr(error) if isinstance(error, ImportError) else type(error).__name__
        event["where"] = where(error)
    return event


def where(error: BaseException) -> list[str]:
    """Return the last places that an exception came through, as `services.py:41 in put_orders`."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]


def short_of_jobs(_logger: Any, _method: str, event: Event) -> Event:
    """Name a job by its number and its task: what procrastinate says of it holds its arguments."""
    job = event.pop("job", None)
    action = event.pop("action", None)
    if str(event.get("logger", "")).startswith("procrastinate") and action:
        event["event"] = action
        if isinstance(job, Mapping):
            event["job"], event["task"] = job.get("id"), job.get("task_name")
    elif job is not None:
        event["job"] = job
    return event
