"""Logging: structlog on stderr, for people (console) or for machines (JSON lines)."""

import logging
import sys
from typing import Literal

import structlog

SECRET_WORDS = ("api_key", "authorization", "password", "secret", "smtp_url", "imap_url", "database_url")


def _hide_secrets(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = "***"
    return event


class _Stderr:
    """Today's `sys.stderr`: a progress bar and tests put others in its place for a while."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logging(log_format: Literal["console", "json"], level: str) -> None:
    """Sends the program's own log to stderr in the asked form; other libraries speak from warnings on."""
    renderer: structlog.types.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer(sort_keys=True)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    if log_format == "json":
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=_Stderr(), level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
