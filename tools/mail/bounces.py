"""What a bounce says of the address: whether there is no such mailbox, or something else kept the mail from it.

In doubt a bounce is not hard, since a hard one bars the address for good. Sources: RFC 3463 and IANA's registry for the
codes of three numbers, RFC 5321 for those of one, RFC 3464 for reports, and what common mail servers write.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.mail.reading import address_in

# Codes that speak of the address itself and are permanent; 5.4.4: there is no way to its domain, 5.1.10: null MX.
_ADDRESS_CODES = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}
# Permanent codes that say nothing of the reason, or that servers give for several; the words beside them have to.
_VAGUE_CODES = {
    "5.0.0", "5.0.1", "5.1.0", "5.3.0", "5.4.0", "5.4.1", "5.4.4", "5.5.0", "5.7.0", "5.7.1", "5.7.17",
}  # fmt: skip
_NO_REASON = "5.0.0"
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"\s{0,20}(?:<<<\s?)?[245]\d\d[ -]")
_FOR_NOW = re.compile(r"(?<![\d.])4[2-5]\d(?:[ -]\D|[ -]4\.)")
_UNKNOWN = re.compile(
    "|".join(
        (
            # Nobody by that name.
            r"\b(?:unknown|invalid|illegal|incorrect|non-?existent|no such|bad) (?:or (?:illegal|invalid) )?(?:local )?"
            r"(?:user|recipient|mailbox|(?:e-?mail )?address|addressee|account|alias|destination|person|domain|"
            r"(?:final )?(?:delivery )?userid|local[- ]part|rcpt)",
            r"\b(?:user|mailbox|recipient|address|addressee|account|alias|userid)(?: name)?\b(?: is| was)? ?[:-]? ?"
            r"(?:unknown|invalid|non-?existent|not (?:be )?(?:found|known|recogni[sz]ed|exist|valid))",
            r"\b(?:user|mailbox|recipient|address|account)\b[^.]{0,60}(?:(?:does|did)(?: not|n.t) exist|"
            r"(?:was|is|were|could|can)(?: not|n.t) (?:be )?(?:found|known|recogni[sz]ed|listed)|not found|not exist|"
            r"(?:doesn.t|does not) have|is unknown|no longer (?:exists|valid|in use|available|active|"
            r"on (?:this )?server))",
            r"does(?: not|n.t) have an? \S{1,60} account|\brecip(?:ient)? ?not ?found",
            r"\bnot (?:a|our) (?:known |valid |registered |existing )?(?:user|recipient|mailbox|customer|local user)\b",
            r"\bno (?:mailbox|user|account|one|recipient)s?(?: \w+)? (?:here|(?:by|with) that name|at this address)",
            r"\bnot listed in\b(?!.{0,40}not unique)|\bno valid recipients|\baddress rejected(?=\W*$)",
            r"\bunknown to (?:this|our|the) (?:system|server|address)|\bunrouteable (?:address|mail domain)",
            r"\brequested action not taken: mailbox unavailable",
            r"\b5\.4\.1 recipient address rejected: access denied",  # Exchange Online, of a recipient it does not have
            # No such domain, or none that takes mail (RFC 7504, RFC 7505).
            r"\b(?:domain|host)(?: name)?(?: \S{1,100})? (?:does(?: not|n.t) exist|(?:was |is )?(?:not found|unknown)|"
            r"(?:is )?not reachable)",
            r"\bhost or domain name not found|\bnxdomain|\bnull ?mx|\billegal host|\bno such (?:host|domain)",
            r"\bdoes(?: not|n.t) (?:accept|receive) (?:any )?(?:e-?)?mail|\bno mx record|\bno smtp service",
            r"\bfind a mail exchanger|\bfind any host|\bname or service not known|\bnon-?existent (?:hosts?|domain)",
            # The same elsewhere.
            r"empfänger (?:ist )?unbekannt|unbekannter empfänger|benutzer (?:ist )?unbekannt|existiert nicht|"
            r"n['’]existe pas|destinataire inconnu|utilisateur inconnu|no existe\b|usuario desconocido|não existe|"
            r"usuário desconhecido|non esiste|utente sconosciuto|bestaat niet|"
            r"宛先不明|存在しません|(?:用户|收件人|地址|账号)不存在",
        )
    ),
    re.I,
)
_OTHER_REASON = re.compile(
    r"\bspam|dnsbl|\brbl\b|\bblock(?:ed|list|ing)|black ?list|reputation|"
    r"\bpolicy|\bpolicies|(?<!address rejected: access )\bdenied|\bdmarc|"
    r"\bspf\b|\bdkim|authenticat|not (?:allowed|permitted|authorized)|junk|unsolicited|virus|\bcontent\b(?!-)|"
    r"too (?:large|big|many|long|busy)|\bsize\b|quota|\bfull\b|disk ?space|enough (?:storage )?space|overdrawn|exceed|"
    r"\brate[- ]limit|\bsending rate|throttl|gr[ae]ylist|temporar|try(?:ing)? again (?:later|in|after)|\bretried|"
    r"deferred|reject(?:ed)? due|\brelay(?:ing)?\b(?! recipient)|\breverse|\bptr\b|not unique|"
    # A list of what may be the reason.
    r"\b(?:may|might) (?:not )?(?:be|have|exist)|\bpossib|\bil se peut|\bmöglich|"
    r"suspended|disabled|inactive|timed? ?out|refused|\bloop|hop count|"
    # It is the sender that they do not know, or will not hear.
    r"\bsender(?:'s)? (?:address|domain|verif|is|not|unknown)|unknown sender|\breturn path|\bfrom address|\bmail from:",
    re.I,
)
# The recipient was taken, and the letter was not: a filter's word for it, whatever it says.
_AFTER_DATA = re.compile(r"(?:in reply to|in response to|after|smtp command) (?:the )?(?:end of )?data\b", re.I)
_RETURNED = re.compile(
    r"\n-{2,}[^\n]{0,80}(?:copy of|original|returned|below this line|unsent message)|"
    r"\n\W{0,10}(?:original message follows|included is a copy of)",
    re.I,
)
_REFUSED = re.compile(
    r"spam|block(?:ed|list)|black ?list|reputation|policy|denied|dmarc|spf\b|dkim|authenticat|"
    r"content|virus|not (?:allowed|permitted|authorized)|relay|junk|bulk|unsolicited",
    re.I,
)
_STATUS = re.compile(r"^status:\s*([245]\.\d{1,3}\.\d{1,3})([^\n]{0,300})", re.I | re.M)
_ACTION = re.compile(r"^action:\s*([a-z-]+)", re.I | re.M)
_DIAGNOSTIC = re.compile(r"^diagnostic-code:\s*(?:[\w-]{1,40}\s?;)?\s*([^\n]{1,900})", re.I | re.M)
_RECIPIENT = re.compile(r"^(?:final|original)-recipient:\s*(?:[\w-]+\s*;)?\s*([^\n]{1,320})", re.I | re.M)
_MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Failed:
    """What a bounce says of one recipient: `hard` if the address itself is dead, the code (RFC 3463), why."""

    hard: bool
    code: str | None
    address: str | None
    reason: str

    @property
    def severity(self) -> str:
        """'hard' (no such address), 'block' (the mail or its sender was refused), else 'soft'."""
        if self.hard:
            return "hard"
        refused = bool(_REFUSED.search(self.reason)) and not (self.code or "").startswith("4.")
        return "block" if refused or (self.code or "").startswith("5.7.") else "soft"


def is_status_report(report: str) -> bool:
    """Whether a report's part has the fields of a delivery status (RFC 3464)."""
    return bool(_ACTION.search(report) or _STATUS.search(report))


def action_of(report: str) -> str:
    """What a delivery report says became of the mail ('failed', 'delayed', 'delivered' …); '' if nothing."""
    found = _ACTION.search(report)
    return found[1].lower() if found else ""


def reported(report: str, text: str) -> Failed:
    """What a delivery report says, block by block; of several recipients the first that is dead, else the first."""
    blocks = [block for block in re.split(r"\n\s*\n", report) if is_status_report(block)][:_MOST_RECIPIENTS]
    found = [_block(block, text) for block in blocks or [report]]
    return next((one for one in found if one.hard), found[0])


def _block(block: str, text: str) -> Failed:
    status, recipient = _STATUS.findall(block), _RECIPIENT.search(block)
    codes = [code for code, _ in status]
    address = address_in(recipient[1]) if recipient else ""
    words = "\n\n".join(found[1] for found in _DIAGNOSTIC.finditer(block))
    words = words or " ".join(comment.strip(" ()") for _, comment in status).strip()
    if action_of(block) == "delayed":
        return _failed(False, codes[:1], words or text[:2000], address)
    first = judged(codes, words, address) if words else None
    if first is not None and (first.hard or _OTHER_REASON.search(words) or set(codes) - _VAGUE_CODES):
        return first
    # The report itself gives no reason: what is written above it for the reader may.
    second = judged(codes, above_the_letter(text), address)
    return second if second.hard or first is None else first


def above_the_letter(text: str) -> str:
    """A bounce's own words, without the letter that it returns below them."""
    return _RETURNED.split(text[:6000], maxsplit=1)[0]


def judged(codes: list[str], words: str, address: str = "") -> Failed:
    """A bounce is hard only where a server's answer is permanent, speaks of the address itself, and of nothing else.

    `codes` are those of the report's own fields; `words` what servers said, each answer judged by itself.
    """
    lasting = not any(code.startswith("4.") for code in codes)
    filtered = bool(_AFTER_DATA.search(" ".join(words.split())))
    hard = lasting and any(_dead(codes, answer, filtered) for answer in _answers(words))
    return _failed(hard, [*_codes(words), *codes], words, address)


def _dead(codes: list[str], answer: str, filtered: bool) -> bool:
    every = [*codes, *_codes(answer)]
    if any(code.startswith("4.") for code in every) or _FOR_NOW.search(answer):
        return False
    otherwise, unknown = bool(_OTHER_REASON.search(answer)), bool(_UNKNOWN.search(answer))
    by_code = any(code in _ADDRESS_CODES for code in every) and (unknown or not otherwise)
    vague = all(code in _VAGUE_CODES for code in every)  # or there is none, as in what older servers write
    return by_code or (vague and unknown and not otherwise and not filtered)


def _answers(words: str) -> Iterator[str]:
    """Servers' answers in a text: lines that begin with a reply's number each by itself, else whole paragraphs."""
    for paragraph in re.split(r"\n\s*\n", words[:6000]):
        lines = paragraph.split("\n")
        replies = [line for line in lines if _REPLY.match(line)]
        yield from replies
        if rest := " ".join(" ".join(line.split()) for line in lines if not _REPLY.match(line)):
            yield rest


def _codes(words: str) -> list[str]:
    return [".".join(found) for found in _CODE.findall(words)]


def _failed(hard: bool, codes: list[str], words: str, address: str) -> Failed:
    return Failed(hard, codes[0] if codes else None, address or None, " ".join(words.split())[:300])


def refuses_the_address(answer: str) -> bool:
    """Whether a server's permanent answer (5xx) to a recipient says that there is no such address.

    Judged as a bounce is: in doubt it does not, since servers say 550 to what they take for spam as well.
    """
    return judged([] if _CODE.search(answer) else [_NO_REASON], answer).hard
