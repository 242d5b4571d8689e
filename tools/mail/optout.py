"""Whether somebody asks not to be written to: a rule in code, honoured whatever a model says.

Generous on purpose. Missing an opt-out is against the law (CAN-SPAM Act, 15 U.S.C. 7704(a)(4)) and against decency;
a reader taken for one costs a letter.
"""

import re
import unicodedata

_INVISIBLE = re.compile(r"[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ASKS = re.compile(
    r"\bun-?subscri|\bopt(?:ing|ed)?[- ]?(?:me |us )?out\b|\b(?:remove|delete|drop|strike|scrub) (?:me|"
    r"us|my|our|this)\b"
    r"(?! (?:week|month|year|season))|"
    r"\b(?:take|get) (?:me|us|my (?:name|e-?mail|address)|our (?:name|address)) off\b|"
    r"\b(?:stop|quit|cease)\s+(?:all\s+)?(?:e-?mail|contact|writ|messag|send|spam|reaching|bother|"
    r"pester|harass|solicit)|"
    r"\bno (?:more|further) (?:of (?:this|these)|e-?mails?|mails?|messages?|contact|communications?|"
    r"solicitations?|letters?)\b|"
    r"\b(?:do not|don['’]?t|please not|never)\s+(?:ever\s+|please\s+)?(?:contact|e-?mail|write(?: to)?|"
    r"message|mail|send|"
    r"reach out to|call)\s*(?:me|us|this (?:address|account)|again|any ?more|any (?:more|further))\b|"
    r"\b(?:do not|don['’]?t) (?:want|wish|care) to (?:be contacted|receive|get|hear from you|"
    r"hear from your)\b|"
    r"\b(?:don['’]?t|do not|never) want (?:any (?:more|further)|these|your|to see) (?:e-?mails?|mails?|"
    r"messages?)|"
    r"\bleave (?:me|us) alone\b|\blose my (?:e-?mail|number|address)\b|\bwould (?:rather|"
    r"prefer) not (?:to )?(?:be contacted|"
    r"hear|receive|get)\b|\boff (?:your|the|this) (?:mailing |e-?mail |contact |distribution )?list\b|"
    r"\bdo not contact list\b|"
    r"\b(?:leave|scratch|cross|strike|cut|get) (?:me|us|my name) (?:out of|off|from)\b|\bclose (?:our|my) file\b|"
    r"\b(?:don['’]?t|do not|no longer) (?:need|want|wish) to be (?:on|in|part of) (?:the|your|any|this)\b|"
    r"\b(?:kindly|please) (?:discontinue|desist|cease|refrain|stop)\b|\b(?:enough|stop)[.!]+\s+(?:no more|please)\b|"
    r"\b(?:be|is|was) the last (?:one|e-?mail|mail|message|letter|time you|I hear)\b|"
    r"\b(?:pl[sz]|please) (?:quit|stop)\b|"
    r"\b(?:report(?:ed)?|mark(?:ed)?|flag(?:ged)?)\b.{0,30}\bas (?:spam|junk)\b|\bin peace\b|"
    r"\bcease and desist\b|\bright to (?:be forgotten|erasure)\b|\bgdpr\b.{0,60}\b(?:delet|eras|remov)",
    re.I | re.S,
)
_ELSEWHERE = re.compile(
    r"\babmeld|\baustragen\b|\bkeine? (?:weiteren? )?(?:e-?mails?|mails?|nachrichten|werbung|post|"
    r"kontaktaufnahme)\b|"
    r"\b(?:nicht mehr|nie wieder) (?:\w+ )?(?:kontaktieren|anschreiben|schreiben|mailen|anmailen)|"
    r"\b(?:aus|von) (?:ihrem|der|ihrer|"
    r"dem) (?:verteiler|liste|mailingliste)|\blöschen sie (?:mich|meine)|"
    r"désabonn|desabonn|désinscri|desinscri|\bne (?:plus|pas) (?:\w+ )?(?:me |nous )?(?:recevoir|"
    r"contacter|écrire|ecrire|envoyer|"
    r"solliciter)|\bne m['’]?(?:e )?(?:écrivez|ecrivez|contactez|envoyez) plus|\bretire[zr][- ]moi|"
    r"\bsupprime[zr] mon|"
    r"\bd(?:ar|[ée]|en)(?:me|nos) de baja|\bno (?:me|nos) (?:\w+ )?(?:escriba|contacte|env[íi]e|"
    r"mande)|\bno (?:deseo|quiero) "
    r"(?:recibir|más correos)|\bcancelar (?:mi |la )?suscripci|\belim[íi]n(?:e|en|ar)(?:me| mi)|"
    r"\bdejen? de (?:escribir|enviar)|"
    r"\b(?:lass(?:en|t)? (?:sie )?(?:mich|uns) in ruhe|laissez[- ](?:moi|nous) tranquilles?|en paz|em paz|"
    r"met rust|i fred|bast(?:a|ano) con)\b|"
    r"\bdescadastr|\bn[ãa]o (?:me |nos )?(?:envie|mande|escreva|contate)|\bn[ãa]o (?:quero|"
    r"desejo) (?:mais )?receber|\bme remova|"
    r"\bdisiscriv|\bcancell(?:ami|atemi|arsi|arci)|\bnon (?:\w+ )?(?:scriver|contattar|inviar|"
    r"mandar)(?:mi|ci|e)|\bnon (?:desidero|"
    r"voglio) (?:più )?ricever|\buitschrijv|\bafmeld|\bgeen (?:verdere )?(?:e-?mails?|berichten) meer|"
    r"\bniet meer (?:mailen|"
    r"contacteren|benaderen)|\bavregistrer|\bavprenumer|\bsluta (?:skicka|mejla|kontakta)|\bavmeld|"
    r"\bafmeld|\bwypis|\bproszę (?:o )?"
    r"(?:usun|nie (?:pisać|kontaktować|wysyłać))|отпи[сш]|не пишите|не присылайте|удалите (?:меня|мой)|退订|"
    r"取消订阅|不要再|"
    r"配信停止|配信解除|수신거부|odhlásit|leiratkoz|peruuta tilaus|poistakaa",
    re.I,
)
_NOT_THAT = re.compile(
    r"\b(?:do not|don['’]?t|please don['’]?t|never|not) (?:unsubscribe|remove me|take me off|"
    r"opt me out|stop (?:e-?mail|writ|"
    r"send|contact))[^.!?\n]*",
    re.I,
)
# What our own footer invites a reader to answer, and the words that say the same alone on a line.
_COMMAND = re.compile(
    r"^\W*(?:please\s+)?(?:no,? ?thank(?:s| you)|no thx|stop|stop it|remove|remove me|"
    r"unsubscribe(?: me)?|opt[- ]?out|delete me|"
    r"take me off|cancel|end|quit|arr[êe]t(?:er|ez)?|baja|nein,? danke|non,? merci|no,? gracias|"
    r"não,? obrigad[oa]|no,? grazie|"
    r"nee,? (?:dank|bedankt).{0,10}|nej,? tack|nej tak|nei takk|nie,? dzi[ęe]kuj[ęe]|"
    r"нет,? спасибо)\b[^a-z]{0,12}(?:please)?\W*$",
    re.I,
)
_LEADS = re.compile(
    r"^\W*no,? ?thank(?:s| you)\b(?! (?:to|for))|^\W*(?:nein,? danke|non,? merci|"
    r"no,? gracias)\b",
    re.I,
)
_SUBJECT = re.compile(
    r"^\W*(?:(?:re|fwd?|aw|sv|rv)\s*:\s*)*(?:please\s+)?(?:unsubscribe|opt[- ]?out|"
    r"remove(?: me)?|stop)\W*(?:me|please|request)?\W*$",
    re.I,
)
MOST_CHARS = 6000


def asks_to_stop(text: str, subject: str = "", below: str = "") -> bool:
    """Whether a person's words ask for no more messages.

    `text` is what the person wrote, without quotes; `below` the same with its signature, of which only lines count
    that say nothing else (a company's own footer speaks of unsubscribing too).
    """
    plain = _plain(text)
    without = _NOT_THAT.sub(" ", plain)
    if _SUBJECT.match(_plain(subject)[:200]) or _LEADS.match(without):
        return True
    if _ASKS.search(without) or _ELSEWHERE.search(without):
        return True
    lines = (*plain.split("\n"), *_plain(below).split("\n"))
    return any(len(line) <= 60 and _COMMAND.match(line) for line in lines)


def _plain(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:MOST_CHARS]))
