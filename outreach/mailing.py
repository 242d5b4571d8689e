"""The mail settings, made into what sends and reads mail."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from outreach.errors import Complaint
from outreach.mail_check import IMAP, SMTP, parse_server

if TYPE_CHECKING:
    from graphs.sending import Post
    from outreach.settings import Settings
    from tools.mail.mailbox import Mailbox
    from tools.mail.server import Server
    from tools.outbox.signing import Signer

NO_SMTP = Complaint(
    "No mail server is set, so nothing is sent from here.",
    f"Set {SMTP.setting} like this: {SMTP.example} — or send by hand: outreach outbox export DIR",
)
_DKIM = ("dkim_selector", "dkim_domain", "dkim_key_file")


def smtp_server(settings: Settings) -> Server:
    """The server that sends. Raises Complaint where none is set, or not well."""
    if settings.smtp_url is None:
        raise NO_SMTP
    return parse_server(settings.smtp_url.get_secret_value(), SMTP)


def mailbox_of(settings: Settings) -> Callable[[], AbstractContextManager[Mailbox]] | None:
    """Opens the mailbox of replies and sent mail, if one is set. Raises Complaint where it is not set well."""
    if settings.imap_url is None:
        return None
    from tools.mail.mailbox import open_mailbox

    server = parse_server(settings.imap_url.get_secret_value(), IMAP)
    return partial(open_mailbox, server, settings.sent_folder)


def signer_of(settings: Settings) -> Signer | None:
    """What signs mail, where a key is set. Raises Complaint where the settings do not make one."""
    given = [name for name in _DKIM if getattr(settings, name) is not None]
    if not given:
        return None
    if settings.dkim_selector is None or settings.dkim_domain is None or settings.dkim_key_file is None:
        missing = ", ".join(f"OUTREACH_{name}".upper() for name in _DKIM if name not in given)
        raise Complaint(f"To sign mail, {missing} is needed as well.", "Set it, or take the other DKIM settings out.")
    from tools.outbox.signing import UnusableKey, load_signer

    try:
        return load_signer(settings.dkim_selector, settings.dkim_domain, settings.dkim_key_file)
    except UnusableKey as exc:
        raise Complaint(f"Mail cannot be signed: {exc}.", "Correct the OUTREACH_DKIM_… settings.") from exc


def post_of(settings: Settings, *, any_time: bool = False) -> Post:
    """Everything that sending needs. Raises Complaint."""
    from graphs.sending import Post
    from playbooks import load_playbook
    from tools.outbox.smtp import Mailer

    return Post(
        playbook_of=load_playbook,
        mailer=Mailer(smtp_server(settings)),
        by=settings.actor(),
        mailbox=mailbox_of(settings),
        server_files=settings.sent_copy == "server",
        signer=signer_of(settings),
        one_click=settings.unsubscribe_url,
        any_time=any_time,
    )
