# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugin's log, which goes to the engine's: one line for each thing that happened.

The engine tells nobody why a secret could not be had, so that this is where it is found. It writes
what a plugin says on its standard output at level ``info`` and what it says on its standard error
at level ``error`` (moby ``plugin/manager_linux.go``), so warnings go to the latter.
"""

from __future__ import annotations

import logging
import sys
import traceback
import typing as t

import structlog

if t.TYPE_CHECKING:
    from .answer import Answer
    from .protocol import SecretRequest
    from .settings import LogSettings

Log = structlog.stdlib.BoundLogger

_ORDER = ("timestamp", "level", "event", "service", "secret", "outcome", "reason")
#: What the libraries say is only of use to somebody who knows them, unless something is wrong.
_LIBRARIES_LEVEL = logging.WARNING
_OWN = "swarmvault_secretprovider"
#: The engine reads lines of up to 64 KiB.
_LONGEST_TEXT = 4096


def configure(settings: LogSettings) -> Log:
    """Set the log up for the whole process, and return it.

    :param settings: its form, and its least severe level.
    """
    shared: list[t.Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_trace,
        _in_one_line,
    ]
    rendered = _renderer(settings.format)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendered],
    )
    root = logging.getLogger()
    root.handlers[:] = [_handler(sys.stdout, formatter), _handler(sys.stderr, formatter)]
    root.handlers[0].addFilter(lambda record: record.levelno < logging.WARNING)
    root.handlers[1].addFilter(lambda record: record.levelno >= logging.WARNING)
    root.setLevel(_LIBRARIES_LEVEL)
    logging.getLogger(_OWN).setLevel(settings.level.upper())
    # Nobody could read what logging says of an output that is gone.
    logging.raiseExceptions = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return t.cast("Log", structlog.get_logger(_OWN))


def described(request: SecretRequest) -> dict[str, str]:
    """Return what tells a request apart, without what is empty."""
    found = {
        "service": request.service_name,
        "secret": request.secret_name,
        "stack": request.stack,
        "task": request.task_name or request.task_id,
        "node": request.node_id,
    }
    return {name: text for name, text in found.items() if text}


def delivered(log: Log, request: SecretRequest, answer: Answer, seconds: float) -> None:
    """Log that a task got its value, which needs attention where it did not come from Vault."""
    known: dict[str, t.Any] = {"path": answer.path} if answer.path else {}
    if answer.age is not None:
        known["age"] = round(answer.age, 1)
    if answer.reason:
        known["reason"] = answer.reason
    tell = log.info if answer.origin == "vault" else log.warning
    tell(
        _EVENTS.get(answer.origin, "secret delivered"),
        **described(request),
        **known,
        outcome=answer.origin,
        duration=round(seconds, 3),
    )


def failed(log: Log, request: SecretRequest, reason: str, seconds: float) -> None:
    """Log that a task did not get its value, and why."""
    log.error(
        "secret not delivered",
        **described(request),
        outcome="error",
        reason=reason,
        duration=round(seconds, 3),
    )


def where(error: BaseException) -> str:
    """Tell where an error comes from that nobody foresaw, without its text, which may hold a value.

    :returns: its type, and the functions that it went through.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = (f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} in {' < '.join(places)}"


_EVENTS = {
    "vault": "secret delivered",
    "cache": "secret delivered from the cache, as Vault cannot be reached",
    "empty": "empty secret delivered, as its value cannot be had and fail_on_error is false",
}


def _handler(stream: t.TextIO, formatter: logging.Formatter) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    return handler


def _renderer(form: str) -> t.Any:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.processors.LogfmtRenderer(key_order=_ORDER, drop_missing=True)


def _without_trace(
    logger: t.Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replace the trace of an error, which shows its text, by where it comes from."""
    del logger, method
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if found is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = where(error)
    return event


def _in_one_line(
    logger: t.Any, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep names that somebody else chose from looking like lines or orders to a terminal."""
    del logger, method
    for name, value in event.items():
        if isinstance(value, str):
            text = value[:_LONGEST_TEXT]
            event[name] = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return event
