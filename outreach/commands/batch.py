"""`outreach batch`: groups of contacts that are worked on together."""

from __future__ import annotations

import typer

from outreach.commands.batch_export import EPILOG as EXPORT_EPILOG
from outreach.commands.batch_export import export
from outreach.commands.batch_metrics import EPILOG as METRICS_EPILOG
from outreach.commands.batch_metrics import metrics

batch_app = typer.Typer(
    help="Groups of contacts that are worked on together.", rich_markup_mode="rich", no_args_is_help=True
)
batch_app.command("export", epilog=EXPORT_EPILOG)(export)
batch_app.command("metrics", epilog=METRICS_EPILOG)(metrics)
