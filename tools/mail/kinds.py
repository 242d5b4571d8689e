"""What a mail is, by its headers and structure: a person's words, bounce, complaint, or a machine's."""

import re
from dataclasses import dataclass
from datetime import date

from db.enums import InboundKind
from tools.mail.dates import latest_named_date, named_date
from tools.mail.reading import Mail, address_in

# RFC 3463: codes that speak of the address itself and are permanent.
_ADDRESS_CODES = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}
# Permanent codes that say nothing of the reason; the words beside them have to.
_VAGUE_CODES = {"5.0.0", "5.1.0", "5.4.4", "5.5.0", "5.3.0", "5.0.1", "5.7.0"}
_NO_REASON = "5.0.0"
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_UNKNOWN = re.compile(
    r"user unknown|unknown (?:user|recipient|local|mailbox|address)|no such (?:user|mailbox|recipient|"
    r"address|person|domain)|"
    r"(?:user|mailbox|recipient|address|account|e-?mail address)\b[^.\n]{0,60}(?:does ?n[o']t exist|"
    r"not found|unknown|not known|not exist|doesn.t have)|"
    r"does not (?:exist|have an? \S{1,60} account)|doesn.t have an? \S{1,60} account|recipnotfound|"
    r"recipient ?not ?found|"
    r"invalid (?:recipient|mailbox|user)|not a (?:known|valid) (?:user|recipient)|not listed in|"
    r"host (?:unknown|not found)|"
    r"(?:domain|host)\b[^.\n]{0,40}(?:does not exist|not found|unknown)|nxdomain|null ?mx|"
    r"does not accept (?:any )?(?:e-?)?mail|not listed in|unknown user|invalid (?:final )?(?:delivery )?userid|"
    r"domain (?:is )?not reachable|no valid recipients",
    re.I,
)
_OTHER_REASON = re.compile(
    r"spam|block(?:ed|list)|blacklist|black list|reputation|policy|denied|dmarc|spf\b|dkim|authenticat|"
    r"too (?:large|big|many)|size|quota|"
    r"full\b|over ?quota|rate|throttl|greylist|temporar|try again|virus|content|reject(?:ed)? (?:by|"
    r"due)|relay|reverse|ptr\b|"
    r"suspended|disabled|inactive|timed? ?out|refused|loop|hop count",
    re.I,
)
_RETURNED = re.compile(
    r"\n-{2,}[^\n]{0,80}(?:copy of|original|returned|below this line)|\n\W{0,10}original message follows", re.I
)
_REFUSED = re.compile(
    r"spam|block(?:ed|list)|black ?list|reputation|policy|denied|dmarc|spf\b|dkim|authenticat|"
    r"content|virus|not (?:allowed|permitted|authorized)|relay|junk|bulk|unsolicited",
    re.I,
)
_DAEMON = re.compile(
    r"^(?:mailer-?daemon|poo?st_?master|mail-?daemon|mail delivery|bounces?|mdaemon|"
    r"mailerdaemon|double-bounce|no-?reply-bounce)(?:[@+._-]|$)",
    re.I,
)
_FAILED_SUBJECT = re.compile(
    r"undeliver|not delivered|delivery (?:status|fail|has failed|problem|error|report|unsuccessful|"
    r"delayed|notification)|failure notice|failed (?:mail|delivery)|"
    r"returned (?:mail|to sender)|mail (?:delivery|system error|could not)|could not be delivered|"
    r"unzustellbar|zustellung|non remis|"
    r"non distribuable|échec de|no se pudo entregar|no entregado|rejected|message you sent|"
    r"nondeliverable|delivering|warning: (?:message|could not)|"
    r"errore|未送达|退信|returned message|mail undeliverable|user unknown|message (?:not|could|undeliver|"
    r"status)",
    re.I,
)
_FAILED_TEXT = re.compile(
    r"(?:could not|couldn.t|cannot|wasn.t able to|unable to|not able to|was not|"
    r"failed to)\s+(?:be\s+)?(?:deliver|send|sent|reach|process)|"
    r"permanent (?:fatal )?error|delivery (?:failed|has failed|to the following|attempt)|undeliver|"
    r"user unknown|no such user|mailbox (?:is )?full|returned message|did not reach the following|"
    r"failure reasons|\b55\d[ -]|\b5\.\d\.\d",
    re.I,
)
_OOO_SUBJECT = re.compile(
    r"^\W{0,3}(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response|responder|answer|"
    r"generated reply)|autoreply|out[- ]of[- ](?:the[- ])?office|ooo\b|away from|on (?:vacation|leave|"
    r"holiday)|vacation|"
    r"abwesenheit|automatische antwort|ich bin (?:nicht|im)|réponse automatique|reponse automatique|"
    r"absence|absent|respuesta autom|fuera de (?:la )?oficina|"
    r"resposta autom|ausência|fora do escrit|risposta automatica|fuori (?:sede|ufficio)|assente|"
    r"automatisch antwoord|afwezig|autosvar|"
    r"automatiskt? svar|frånvar|fravær|poissa|automaattinen|odpowiedź automatyczna|"
    r"automatyczna odpowied|nieobecno|автоответ|自动回复|自動回覆|自動返信|자동)",
    re.I,
)
_AWAY = re.compile(
    r"out of (?:the )?office|away from (?:the|my) (?:office|desk|e-?mail)|on (?:annual |parental |"
    r"maternity |paternity |medical |sick )?(?:leave|vacation|holidays?|pto)|"
    r"currently (?:away|out|travel)|limited access to|i am away|i'm away|will (?:be back|return)|"
    r"returning (?:to|on)|back (?:in the office|on)|"
    r"abwesend|nicht im (?:büro|haus)|im urlaub|wieder (?:im|erreichbar|zurück|da)|außer haus|absent|"
    r"en congés?|de retour|"
    r"fuera de la oficina|de vacaciones|regreso|ausente|de férias|retorno|in ferie|assente|rientr|"
    r"afwezig|op vakantie|semester|på ferie|ferie|"
    r"tjänstledig|lomalla|urlop|nieobecn|в отпуск|休假|不在|휴가",
    re.I,
)
_STATUS = re.compile(r"^status:\s*([245]\.\d{1,3}\.\d{1,3})", re.I | re.M)
_ACTION = re.compile(r"^action:\s*([a-z-]+)", re.I | re.M)
_DIAGNOSTIC = re.compile(r"^diagnostic-code:\s*(?:[\w-]{1,40}\s?;)?\s*([^\n]{1,900})", re.I | re.M)
_RECIPIENT = re.compile(r"^(?:final|original)-recipient:\s*(?:[\w-]+\s*;)?\s*([^\n]{1,320})", re.I | re.M)
_COMPLAINER = re.compile(r"^original-rcpt-to:\s*([^\n]{1,320})", re.I | re.M)
_OPT_OUT_SUBJECT = re.compile(r"^\W{0,3}(?:re:\s*)?(?:unsubscribe|opt[- ]?out|remove(?: me)?)\b", re.I)


@dataclass(frozen=True)
class Sorted:
    """What a mail is. For a bounce: whether the address itself is dead for good, its code, whom it missed.

    `address` is the failed recipient of a bounce, or who complained; `back_on` the end of an absence.
    """

    kind: InboundKind
    hard: bool = False
    code: str | None = None
    address: str | None = None
    reason: str = ""
    back_on: date | None = None

    @property
    def severity(self) -> str:
        """Of a bounce: 'hard' (no such address), 'block' (the mail or its sender was refused), else 'soft'."""
        if self.hard:
            return "hard"
        refused = bool(_REFUSED.search(self.reason)) and not (self.code or "").startswith("4.")
        return "block" if refused or (self.code or "").startswith("5.7.") else "soft"


def sort_mail(mail: Mail, today: date) -> Sorted:
    """Sorts one mail. `today` is what a date without a year counts from: the mail's own day, if known."""
    feedback = next((r for r in mail.reports if "feedback-type:" in r.lower()), None)
    if feedback is not None or mail.report_type == "feedback-report":
        rcpt = _COMPLAINER.search(feedback or "")
        return Sorted(InboundKind.COMPLAINT, address=(address_in(rcpt[1]) or None) if rcpt else None)
    status_report = next((r for r in mail.reports if _ACTION.search(r) or _STATUS.search(r)), None)
    if status_report is not None or mail.report_type == "delivery-status":
        return _reported(mail, status_report or "")
    if mail.report_type == "disposition-notification":
        return Sorted(InboundKind.AUTO_ACK, reason="a receipt that the mail was shown")
    if _is_bounce(mail):
        return _bounce(mail.text[:6000], mail.headers.get("x-failed-recipients", ""))
    return _automatic(mail, today)


def _reported(mail: Mail, report: str) -> Sorted:
    action = _ACTION.search(report)
    if action and action[1].lower() in ("delivered", "relayed", "expanded"):
        return Sorted(InboundKind.AUTO_ACK, reason=f"a report that the mail was {action[1].lower()}")
    codes = [found[1] for found in _STATUS.finditer(report)]
    words = " ".join(found[1] for found in _DIAGNOSTIC.finditer(report)) or mail.text[:2000]
    recipient = _RECIPIENT.search(report)
    address = address_in(recipient[1]) if recipient else ""
    if action and action[1].lower() == "delayed":
        return Sorted(InboundKind.BOUNCE, False, codes[0] if codes else None, address or None, words[:300])
    return _judged(codes, words, address)


def _bounce(text: str, failed: str) -> Sorted:
    above = _RETURNED.split(text, maxsplit=1)[0]
    codes = [".".join(found) for found in _CODE.findall(above)]
    return _judged(codes, above, address_in(failed))


def _judged(codes: list[str], words: str, address: str) -> Sorted:
    """A bounce is hard only where a permanent code speaks of the address itself and no word against it."""
    said = [".".join(found) for found in _CODE.findall(words)]
    every = [*codes, *said]
    code = said[0] if said else codes[0] if codes else None
    otherwise = bool(_OTHER_REASON.search(words))
    unknown = bool(_UNKNOWN.search(words))
    permanent = not any(c.startswith("4.") for c in every)
    by_code = any(c in _ADDRESS_CODES for c in every) and (unknown or not otherwise)
    vague = all(c in _VAGUE_CODES for c in every)  # or there is none, as in what older servers write
    hard = permanent and (by_code or (vague and unknown and not otherwise))
    return Sorted(InboundKind.BOUNCE, hard, code, address or None, " ".join(words.split())[:300])


def looks_like_a_report(mail: Mail) -> bool:
    """Whether a mail's headers alone say that a mail system sent it: a bounce, a complaint, a receipt."""
    return (
        mail.content_type == "multipart/report"
        or mail.headers.get("content-type", "").lower().startswith("multipart/report")
        or _is_bounce(mail)
        or bool(_DAEMON.match(mail.from_address))
    )


def refuses_the_address(answer: str) -> bool:
    """Whether a server's permanent answer (5xx) to a recipient says that there is no such address.

    Judged as a bounce is: in doubt it does not, since servers say 550 to what they take for spam as well.
    """
    return _judged([] if _CODE.search(answer) else [_NO_REASON], answer, "").hard


def _is_bounce(mail: Mail) -> bool:
    if "x-failed-recipients" in mail.headers or "x-ms-exchange-message-is-ndr" in mail.headers:
        return True
    empty_path = mail.headers.get("return-path", "").strip() == "<>"
    daemon = bool(_DAEMON.match(mail.from_address)) or bool(_DAEMON.match(mail.headers.get("from", "").strip('" <')))
    subject = bool(_FAILED_SUBJECT.search(mail.subject))
    words = bool(_FAILED_TEXT.search(mail.text[:3000]))
    return (daemon and (subject or words)) or (empty_path and subject and words)


def _automatic(mail: Mail, today: date) -> Sorted:
    submitted = mail.headers.get("auto-submitted", "no").lower()
    marked = (
        not submitted.startswith("no")
        or "x-autoreply" in mail.headers
        or "x-autorespond" in mail.headers
        or mail.headers.get("precedence", "").lower().replace("-", "_") in ("auto_reply", "auto_response")
    )
    if _OPT_OUT_SUBJECT.match(mail.subject):
        return Sorted(InboundKind.HUMAN)  # sent by a mail program for its reader, who pressed 'unsubscribe'
    by_subject = bool(_OOO_SUBJECT.match(mail.subject))
    if not (marked or by_subject):
        return Sorted(InboundKind.HUMAN)
    if _AWAY.search(mail.subject) or _AWAY.search(mail.text[:3000]):
        back = latest_named_date(mail.text, today) or named_date(mail.text, today)
        return Sorted(InboundKind.OUT_OF_OFFICE, back_on=back)
    return Sorted(InboundKind.AUTO_ACK)
