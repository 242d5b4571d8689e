"""What a mail is, by its headers and structure: a person's words, bounce, complaint, or a machine's."""

import re
from dataclasses import dataclass
from datetime import date

from db.enums import InboundKind
from tools.mail.bounces import Failed, above_the_letter, action_of, is_status_report, judged, reported
from tools.mail.dates import latest_named_date, named_date
from tools.mail.reading import Mail, address_in

_DAEMON = re.compile(
    r"^(?:mailer-?daemon|poo?st_?master|mail-?daemon|mail delivery|bounces?|mdaemon|"
    r"mailerdaemon|double-bounce|no-?reply-bounce)(?:[@+._-]|$)",
    re.I,
)
# A machine that takes no answers: what it says of a letter that it brings along is a report.
_NO_ANSWER = re.compile(r"^(?:no-?_?reply|do-?_?not-?_?reply|system|notifications?)(?:[@+._-]|$)", re.I)
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
_COMPLAINER = re.compile(r"^original-rcpt-to:\s*([^\n]{1,320})", re.I | re.M)
_OPT_OUT_SUBJECT = re.compile(r"^\W{0,3}(?:re:\s*)?(?:unsubscribe|opt[- ]?out|remove(?: me)?)\b", re.I)


@dataclass(frozen=True)
class Sorted:
    """What a mail is. For a bounce: whether the address itself is dead for good, its code, whom it missed.

    `severity` of a bounce is 'hard', 'block' or 'soft' (`Failed.severity`); `address` its failed recipient, or who
    complained; `back_on` the end of an absence.
    """

    kind: InboundKind
    hard: bool = False
    severity: str = "soft"
    code: str | None = None
    address: str | None = None
    reason: str = ""
    back_on: date | None = None


def sort_mail(mail: Mail, today: date) -> Sorted:
    """Sorts one mail. `today` is what a date without a year counts from: the mail's own day, if known."""
    feedback = next((r for r in mail.reports if "feedback-type:" in r.lower()), None)
    if feedback is not None or mail.report_type == "feedback-report":
        rcpt = _COMPLAINER.search(feedback or "")
        return Sorted(InboundKind.COMPLAINT, address=(address_in(rcpt[1]) or None) if rcpt else None)
    status_report = next((report for report in mail.reports if is_status_report(report)), None)
    if status_report is not None or mail.report_type == "delivery-status":
        return _reported(mail, status_report or "")
    if mail.report_type == "disposition-notification":
        return Sorted(InboundKind.AUTO_ACK, reason="a receipt that the mail was shown")
    if _is_bounce(mail):
        address = address_in(mail.headers.get("x-failed-recipients", ""))
        return _bounced(judged([], above_the_letter(mail.text), address))
    return _automatic(mail, today)


def _reported(mail: Mail, report: str) -> Sorted:
    action = action_of(report)
    if action in ("delivered", "relayed", "expanded"):
        return Sorted(InboundKind.AUTO_ACK, reason=f"a report that the mail was {action}")
    return _bounced(reported(report, mail.text))


def _bounced(failed: Failed) -> Sorted:
    return Sorted(
        InboundKind.BOUNCE,
        hard=failed.hard,
        severity=failed.severity,
        code=failed.code,
        address=failed.address,
        reason=failed.reason,
    )


def looks_like_a_report(mail: Mail) -> bool:
    """Whether a mail's headers alone say that a mail system sent it: a bounce, a complaint, a receipt."""
    return (
        mail.content_type == "multipart/report"
        or mail.headers.get("content-type", "").lower().startswith("multipart/report")
        or _is_bounce(mail)
        or bool(_DAEMON.match(mail.from_address))
    )


def _is_bounce(mail: Mail) -> bool:
    if "x-failed-recipients" in mail.headers or "x-ms-exchange-message-is-ndr" in mail.headers:
        return True
    empty_path = mail.headers.get("return-path", "").strip() == "<>"
    daemon = bool(_DAEMON.match(mail.from_address)) or bool(_DAEMON.match(mail.headers.get("from", "").strip('" <')))
    subject = bool(_FAILED_SUBJECT.search(mail.subject))
    words = bool(_FAILED_TEXT.search(mail.text[:3000]))
    returns = bool(mail.returned) and bool(_NO_ANSWER.match(mail.from_address))
    return (daemon and (subject or words)) or (empty_path and subject and words) or (returns and words)


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
