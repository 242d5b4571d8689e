"""What the options at the top of the command line carry to each command."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

    from outreach.settings import Settings

MOST = 1_000_000
"""The largest number that an option takes which says how many; a database could not count with any."""


@dataclass
class Context:
    """The options of this call (`overrides`, by the name of the setting) and, once asked for, the settings."""

    overrides: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """Read when a command first asks, so that `--help` works with a broken setting, and logs from then on."""
        from outreach.logs import configure_logging
        from outreach.settings import load_settings

        settings = load_settings(**self.overrides)
        configure_logging(settings.log_format, settings.log_level)
        if settings.traced():
            from graphs.recorder import watching
            from outreach.wiring import open_watch

            watching.set(open_watch(settings))
        return settings


def context_of(ctx: typer.Context) -> Context:
    """The Context of a command that runs under the application."""
    found = ctx.find_object(Context)
    if found is None:
        raise RuntimeError("the command runs outside of the application")
    return found


def chosen_playbook(context: Context) -> str | None:
    """The playbook that --playbook names; None without it, and what is shown is then of every playbook.

    Raises playbooks.PlaybookNotFound.
    """
    if "playbook" not in context.overrides:
        return None
    from playbooks import load_playbook

    return load_playbook(context.settings.playbook).name


def settings_of(ctx: typer.Context) -> Settings:
    """The settings in force for a command."""
    return context_of(ctx).settings
