"""What the person wrote: a reply without what it quotes and without its signature.

Line by line, with patterns that are anchored and bounded, so that no input makes it slow.
"""

import re

from tools.mail.limits import capped

_WROTE = (
    "wrote", "writes", "schrieb", "schreibt", "a écrit", "a ecrit", "escribió", "escribio", "escreveu",
    "ha scritto",
    "schreef", "skrev", "skrifaði", "kirjoitti", "napisał", "napisała", "napisał(a)", "napsal", "napsala",
    "пишет",
    "написал", "написала", "написал(а)", "написав", "a scris", "írta", "yazdı", "έγραψε", "geschreven",
    "写道", "寫道",
    "のメッセージ", "작성", "va escriure", "napísal", "пише", "đã viết", "escribió", "scrisse", "rašė",
)  # fmt: skip
_ATTRIBUTION_END = re.compile(rf"(?:{'|'.join(map(re.escape, _WROTE))})[^\n]{{0,60}}[:：]?\s*$", re.I)
_ATTRIBUTION_SIGN = re.compile(r"\d{1,4}[.:/-]\d|\b(?:19|20)\d\d\b|@|<[^>]{1,200}>|\d{1,2}:\d\d|\d年")
_ATTRIBUTION_START = re.compile(
    r"^\W{0,6}(?:on|am|le|el|em|il|op|den|på|w dniu|dnia|dne|în|vào|ons|em|в|ke|date)\b|"
    r"^\W{0,3}\w{2,4}\.?,?\s\d{1,2}\b|^\W{0,3}\d{1,4}[-./年 ]|^[^\n]{1,80}<[^<>\s]+@[^<>\s]+>",
    re.I,
)
# 'Wed, 30 Apr 2025 15:19, John Doe <doe@x.example>:' says who wrote without a verb.
_DATED_ADDRESS = re.compile(r"^(?=[^<]{0,150}\d{1,4}[-./\s])[^<]{3,200}<[^<>\s]{1,200}@[^<>\s]{1,200}>\s?:\s*$")
_RULED = re.compile(
    r"^\W{0,3}[-_=*]{2,}\s*(?:original|forwarded|ursprüngliche|urspruengliche|weitergeleitete|"
    r"message d|message transf|"
    r"message original|mensaje|mensagem|messaggio|oorspronkelijk|opprinnelig|ursprungligt|originalt?|"
    r"oprindelig|vidarebefordra|"
    r"reply|original-nachricht|původní|przekazana|wiadomość|исходное|пересылаемое|пересланное|alkuperäinen|"
    r"doorgestuurd|begin forwarded|原始|原邮件|转发|轉寄|元のメッセージ|mesaj)[^\n]{0,60}",
    re.I,
)
_FORWARDED = re.compile(
    r"^\W{0,3}(?:begin forwarded message|anfang der weitergeleiteten|"
    r"début du message|inicio del mensaje)",
    re.I,
)
_FROM = (
    "from", "von", "de", "da", "van", "fra", "från", "od", "от", "кому", "lähettäjä", "发件人", "寄件者",
    "寄件人",     "差出人", "보낸 사람", "kimden", "expéditeur", "mittente", "afsender", "від", "från",
)  # fmt: skip
_OTHERS = (
    "sent", "to", "subject", "date", "cc", "reply-to", "gesendet", "an", "betreff", "datum", "envoyé",
    "à", "objet",
    "date", "enviado", "para", "asunto", "assunto", "data", "inviato", "a", "oggetto", "verzonden", "aan",
    "onderwerp",
    "sendt", "til", "emne", "skickat", "till", "ämne", "wysłano", "do", "temat", "отправлено", "кому",
    "тема", "дата",
    "lähetetty", "vastaanottaja", "aihe", "发送时间", "收件人", "主题", "日期", "寄件日期",
    "收件者", "主旨", "送信日時", "宛先", "件名", "enviada", "enviado em", "enviada em", "odesláno", "komu", "předmět",
    "send", "kopie",
    "päiväys",
)  # fmt: skip


def _labels(words: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(sorted(map(re.escape, set(words)), key=len, reverse=True))
    return re.compile(
        rf"^\W{{0,4}}(?:{either})\s?\*?\s?[:：]",
        re.I,
    )


_FROM_LABEL, _OTHER_LABEL = _labels(_FROM), _labels(_OTHERS)
_RULE = re.compile(r"^[_\-*=]{20,}\s*$")
_QUOTED = re.compile(r"^\s{0,3}(?:>|&gt;|＞)")
_DELIMITER = re.compile(r"^\s?(?:--|__|—|–)\s*$")
_DEVICE = re.compile(
    r"^\W{0,3}(?:sent from (?:my|a|the|mail|yahoo|outlook|samsung|proton|blackberry|an?)\b|sent via\b|"
    r"sent with\b|get outlook for\b|get bluemail|"
    r"von meinem \w|gesendet von\b|gesendet mit\b|diese nachricht wurde von meinem|envoyé (?:de|depuis|"
    r"à partir)\b|enviado desde\b|enviado (?:do|de|a partir) (?:meu|mi)\b|"
    r"inviato da\b|verzonden (?:vanaf|met|via)\b|sendt fra\b|skickat från\b|wysłane z\b|wysłano z\b|"
    r"отправлено с\b|lähetetty \w|envoyé via|"
    r"sent on the (?:run|go)|从我的|发自我的|iphone から|iphoneから)[^\n]{0,80}$",
    re.I,
)
_VALEDICTION = re.compile(
    r"^\W{0,2}(?:(?:kind|best|warm|kindest|with (?:kind|best|warm))\s+(?:regards|wishes)|regards|best|"
    r"cheers|thanks|thank you|many thanks|"
    r"thanks again|sincerely|yours (?:truly|sincerely|faithfully)|all the best|respectfully|cordially|"
    r"take care|warmly|"
    r"mit (?:freundlichen|besten|herzlichen) grüßen|(?:viele|beste|liebe|herzliche|freundliche) grüße|"
    r"(?:mfg|vg|lg)|gruß|danke|"
    r"cordialement|bien cordialement|bien à vous|salutations|merci|saludos|un saludo|atentamente|"
    r"gracias|atenciosamente|"
    r"abraços|obrigad[oa]|cordiali saluti|distinti saluti|saluti|grazie|met vriendelijke groet(?:en)?|"
    r"groeten|"
    r"mvh|med vänliga hälsningar|med vennlig hilsen|hälsningar|z poważaniem|pozdrawiam|"
    r"с уважением)\s?[,.!]{0,2}\s*$",
    re.I,
)
_SIGNATURE_LINES = 10
_WINDOW = 4


def own_lines(text: str) -> str:
    """The text without what it quotes; the signature is still there."""
    lines = capped(text).split("\n")
    kept: list[str] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        if _QUOTED.match(line):
            position += 1
            continue
        taken = _attribution(lines, position)
        if taken:
            if not _quoted_follows(lines, position + taken):
                break  # a quote without marks runs to the end
            position += taken
            continue
        if _quote_begins(lines, position):
            break
        kept.append(line)
        position += 1
    return _tidy(kept)


def human_text(text: str) -> str:
    """What the person wrote in this mail, without quotes and signature; '' where nothing is left."""
    lines = own_lines(text).split("\n")
    for position, line in enumerate(lines):
        if _DELIMITER.match(line) or _DEVICE.match(line):
            lines = lines[:position]
            break
    while lines and not lines[-1].strip():
        lines.pop()
    start = max(1, len(lines) - _SIGNATURE_LINES)
    for position in range(start, len(lines)):
        if _VALEDICTION.match(lines[position]) and _looks_signed(lines[position + 1 :]):
            lines = lines[:position]
            break
    return _tidy(lines)


def _looks_signed(rest: list[str]) -> bool:
    """Names, titles, numbers: short lines. A sentence below a greeting was meant to be read."""
    filled = [line.strip() for line in rest if line.strip()]
    return all(len(line) <= 70 and not (line.endswith((".", "?", "!")) and line.count(" ") > 3) for line in filled)


def _attribution(lines: list[str], position: int) -> int:
    """How many lines an 'On … wrote:' takes here; 0 where there is none."""
    if not _ATTRIBUTION_START.match(lines[position][:300]):
        return 0
    joined = ""
    for count in range(1, _WINDOW + 1):
        if position + count > len(lines):
            return 0
        line = lines[position + count - 1].strip()
        if not line or _QUOTED.match(line):
            return 0
        joined = f"{joined} {line[:300]}".strip()
        signed = _ATTRIBUTION_SIGN.search(joined) or _quoted_follows(lines, position + count)
        if (_ATTRIBUTION_END.search(joined[-120:]) and signed) or _DATED_ADDRESS.match(joined):
            return count
    return 0


def _quoted_follows(lines: list[str], position: int) -> bool:
    following = next((line for line in lines[position : position + 4] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _quote_begins(lines: list[str], position: int) -> bool:
    line = lines[position]
    if _RULED.match(line) or _FORWARDED.match(line):
        return True
    if _RULE.match(line):
        return any(_header_block(lines, later) for later in range(position + 1, min(position + 3, len(lines))))
    return _header_block(lines, position)


def _header_block(lines: list[str], position: int) -> bool:
    """From: with at least two of Sent:, To:, Subject: … in the lines below it, as Outlook quotes."""
    if not _FROM_LABEL.match(lines[position]):
        return False
    below = lines[position + 1 : position + 8]
    return sum(1 for line in below if _OTHER_LABEL.match(line)) >= 2


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
