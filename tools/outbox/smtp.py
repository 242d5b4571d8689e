"""Handing mails to a server (RFC 5321), and knowing what became of each: taken, not taken, or not known.

The commands are given one by one, since what an error means depends on when it comes: until the message itself is on
its way nothing can have left; after that, a lost connection leaves it open whether the server took it.
"""

import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from tools.mail.bounces import refuses_the_address
from tools.mail.server import Server

Kind = Literal["accepted", "soft", "refused", "dead", "unknown"]
_HELLO: Final = "[127.0.0.1]"
"""What this machine calls itself: its name is nobody's business, and a submission server does not ask for it."""


class MailStopped(RuntimeError):
    """No mail can go this way until a person mends something: the login, the encryption, the sender's address."""


@dataclass(frozen=True)
class Outcome:
    """What became of one mail, and what the server said, its code first.

    accepted: the server has it. soft: not now (4xx, no connection). refused: not this mail (5xx). dead: there is no
    such address (5xx that says so). unknown: the connection was lost while the server had the message.
    """

    kind: Kind
    said: str
    offline: bool = False


class Mailer:
    """One connection to one server, opened when it is first needed, and again when it was lost. One task at a time."""

    def __init__(self, server: Server, *, timeout_s: float = 60.0) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._client: aiosmtplib.SMTP | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _exc: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.quit()
            except (SMTPException, OSError):
                self._client.close()

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        return self._server.loopback

    async def submit(self, sender: str, recipient: str, raw: bytes) -> Outcome:
        """Hands one mail over; what could not be done is an outcome. Raises MailStopped."""
        try:
            client = await self._begun(sender)
            await client.rcpt(recipient)
        except SMTPSenderRefused as exc:
            if exc.code < 500:
                return await self._not_taken(Outcome("soft", _said(exc)))
            raise MailStopped(f"The mail server does not take mail from {sender}: {_said(exc)}") from exc
        except SMTPRecipientRefused as exc:
            if exc.code < 500:
                return await self._not_taken(Outcome("soft", _said(exc)))
            dead = refuses_the_address(_said(exc))
            return await self._not_taken(Outcome("dead" if dead else "refused", _said(exc)))
        except SMTPResponseException as exc:
            # While connecting: a server that is too busy, or does not want to know us.
            return await self._not_taken(Outcome("soft", _said(exc), offline=True))
        except (SMTPException, OSError) as exc:
            self._drop()
            return Outcome("soft", f"no connection: {_words(exc)}", offline=True)
        try:
            answer = await client.data(raw)
        except SMTPDataError as exc:
            if 200 <= exc.code < 300:
                return Outcome("accepted", _said(exc))
            if 400 <= exc.code < 600:
                return await self._not_taken(Outcome("soft" if exc.code < 500 else "refused", _said(exc)))
            self._drop()
            return Outcome("unknown", _said(exc))
        except (SMTPException, OSError) as exc:
            self._drop()
            return Outcome("unknown", f"the connection was lost while the server had the message: {_words(exc)}")
        return Outcome("accepted", f"{answer.code} {_one_line(answer.message)}")

    async def _begun(self, sender: str) -> aiosmtplib.SMTP:
        """A connection on which this sender's mail was begun; an old one that the server has closed is replaced."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.mail(sender)
            except SMTPResponseException as exc:
                if exc.code != 421:  # RFC 5321, 3.8: the server is closing the connection
                    raise
                self._drop()
            except (SMTPServerDisconnected, OSError):
                self._drop()
            else:
                return self._client
        self._client = await self._connected()
        await self._client.mail(sender)
        return self._client

    async def _connected(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=_HELLO,
            timeout=self._timeout_s,
            use_tls=server.scheme == "smtps",
            start_tls=False,
            tls_context=ssl.create_default_context(),
        )
        try:
            await client.connect()
            await self._encrypted(client)
            if server.user and server.password:
                await client.login(server.user, server.password)
        except SMTPAuthenticationError as exc:
            client.close()
            if exc.code < 500:
                raise
            raise MailStopped(f"The mail server at {self._where} refused the login: {_said(exc)}") from exc
        except ssl.SSLError as exc:
            client.close()
            raise MailStopped(f"The mail server at {self._where} cannot be trusted: {exc}") from exc
        except BaseException:
            client.close()
            raise
        return client

    async def _encrypted(self, client: aiosmtplib.SMTP) -> None:
        if self._server.scheme == "smtps":
            return
        await client.ehlo()
        if client.supports_extension("starttls"):
            await client.starttls()
            return
        where = f"The mail server at {self._where} offers no encryption (STARTTLS)"
        if self._server.scheme == "smtp+starttls":
            raise MailStopped(f"{where}, which the setting asks for.")
        if self._server.password and not self._server.loopback:
            raise MailStopped(f"{where}: the password would be readable on its way.")

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    async def _not_taken(self, outcome: Outcome) -> Outcome:
        """Leaves the connection fit for the next mail."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.rset()
            except (SMTPException, OSError):
                self._drop()
        return outcome

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


def _said(exc: SMTPResponseException) -> str:
    return f"{exc.code} {_one_line(exc.message)}"


def _words(exc: Exception) -> str:
    return _one_line(str(exc)) or type(exc).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())[:400]
