"""An approved message as a mail: recipient from the contact's row, text exactly as approved."""

import re
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from playbooks.model import Sender
from tools.outbox.leaving import NotReady, Outgoing

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SHORT = 76
_ENCODED = "=?"
"""What begins an encoded word (RFC 2047). The library decodes it wherever a header is set, line breaks and all."""
_ADDRESS = re.compile(r"(?!.*=\?)[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class _Exact(EmailPolicy):
    """The SMTP policy, so that a header arrives as it was written.

    The standard library's own folding breaks ids that are longer than a line into encoded words, which no mail
    program reads as an id, loses a space between two encoded words of a long subject or name, and takes the quotes off
    a long name, so that an address within it becomes one of the recipients.
    """

    def fold(self, name: str, value: Any) -> str:
        key = name.lower()
        if key in _WHOLE:
            return f"{name}: {value}{self.linesep}"
        if key in _APART:
            return f"{name}: {str(value).replace(' ', f'{self.linesep} ')}{self.linesep}"
        if key in ("from", "to"):
            one = value.addresses[0]
            if str(value).isascii() and len(name) + len(str(value)) < _SHORT:
                return f"{name}: {value}{self.linesep}"
            shown = _encoded(one.display_name, name, self.linesep)
            return f"{name}: {shown}{self.linesep} <{one.addr_spec}>{self.linesep}"
        if str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {_encoded(str(value), name, self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


def _encoded(text: str, name: str, linesep: str) -> str:
    return Header(text, "utf-8", header_name=name).encode(linesep=linesep)


_WHOLE = ("message-id", "in-reply-to", "list-unsubscribe-post")
_APART = ("references", "list-unsubscribe")  # one id or URL a line: a line has 998 characters at most
_MAIL = _Exact(linesep="\r\n")


def message_id_for(draft_id: str, sender_address: str) -> str:
    """The Message-ID of a draft's mail, without angle brackets: the same however often it is asked for."""
    return f"{draft_id}@{sender_address.rpartition('@')[2].lower()}"


def one_click_url(template: str, draft_id: str) -> str:
    """The URL at which one POST opts the recipient of this message out (RFC 8058).

    `template` is https:// with `{id}` in it; the draft's id names the recipient without giving them away.
    """
    return template.replace("{id}", draft_id)


def build_message(leaving: Outgoing, sender: Sender, when: datetime, one_click: str | None = None) -> EmailMessage:
    """The mail as it leaves: recipient from the contact's row, text exactly as approved. Raises NotReady.

    Headers hold no line breaks or control characters, also none that an encoded word stands for: in a name or subject
    it stays the text that was read, and an id with one goes on with no thread. The List-Unsubscribe header (RFC 2369)
    asks for a mail; with `one_click`, the template of a URL, it offers the one click of RFC 8058 as well.
    """
    if leaving.channel != "email":
        raise NotReady(f"The message to {leaving.contact_name} goes by {leaving.channel}, not by mail.")
    for address in (leaving.recipient, sender.email):
        if not _ADDRESS.fullmatch(address) or not address.isascii():
            raise NotReady(f"'{_one_line(address)}' is not an address that mail can be sent to.")
    message = EmailMessage(policy=_MAIL)
    message["From"] = Address(_one_line(sender.name), addr_spec=sender.email)
    message["To"] = Address(_one_line(leaving.contact_name), addr_spec=leaving.recipient)
    message["Subject"] = _one_line(leaving.subject)
    message["Date"] = when
    message["Message-ID"] = f"<{message_id_for(leaving.draft_id, sender.email)}>"
    if leaving.in_reply_to and _is_id(leaving.in_reply_to):
        message["In-Reply-To"] = f"<{_no_space(leaving.in_reply_to)}>"
        before = [one for one in leaving.references if _is_id(one) and one != leaving.in_reply_to]
        message["References"] = " ".join(f"<{_no_space(one)}>" for one in (*before, leaving.in_reply_to))
    unsubscribe = f"<mailto:{sender.email}?subject=unsubscribe>"
    if one_click is not None:
        message["List-Unsubscribe"] = f"<{one_click_url(one_click, leaving.draft_id)}>, {unsubscribe}"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        message["List-Unsubscribe"] = unsubscribe
    for name, value in message.items():
        if _CONTROL.search(str(value)):
            raise NotReady(f"The header {name} of the mail to {leaving.contact_name!a} would hold a line break.")
    message.set_content(leaving.body, cte="quoted-printable" if not leaving.body.isascii() else None)
    return message


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).replace(_ENCODED, "= ?").split())


def _is_id(text: str) -> bool:
    return text.isascii() and _ENCODED not in text


def _no_space(text: str) -> str:
    return "".join(_CONTROL.sub("", text).split())
