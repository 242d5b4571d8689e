"""Where a mail server is."""

import ipaddress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Server:
    """A mail server, its login, and the folder that its URL names (IMAP).

    `smtps` and `imaps` are encrypted from the first byte, `smtp+starttls` must become so, `smtp` and `imap` become so
    where the server offers it. The password never shows in a repr.
    """

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    folder: str = ""

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False
