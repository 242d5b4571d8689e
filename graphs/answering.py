"""What a front end answers to an approval's interrupt, read into the one answer that the program knows.

Two shapes are in use: Agent Inbox's `HumanResponse` (accept, edit, ignore, response) and the decisions of LangChain's
human-in-the-loop middleware (approve, edit, reject, respond). Either becomes an answer as docs/approvals.md describes
it, which then meets the same checks as one from the terminal. What lets a message leave must name the version and
the hash of the text that was shown; what stops one need not.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

ACTION: Final = "send_message"
SKIP_DAYS: Final = 7
"""How long 'ignore', which cannot say until when, skips a message."""
LONGEST: Final = 20_000
"""Characters of one text in an answer."""
FIXED: Final = ("draft_id", "version", "hash", "channel", "recipient")
"""The arguments that say what is decided on, and to whom it goes. They are not changed here."""
_SAME: Final = {"accept": "approve", "response": "reject", "respond": "reject", "ignore": "skip"}
_NAME_IT: Final = (
    "An approval must name the version and the hash of the text that was shown. Answer 'edit' with the arguments as "
    "they were shown, or add version and hash to the approval."
)


class NotAnAnswer(ValueError):
    """It cannot be read as an answer; the message says what is wrong and what is expected."""


def read_answer(given: Any, shown: Mapping[str, Any], *, only_one_shown: bool, today: date) -> dict[str, Any]:
    """The answer that a resume value means, with the keys of docs/approvals.md.

    `shown` are the arguments of the interrupt that waits. Where `only_one_shown`, no other text was ever shown under
    this thread, so that an approval without arguments can mean no other. Raises NotAnAnswer.
    """
    answer = _one(given)
    kind = answer.get("type")
    decision = _SAME.get(kind, kind) if isinstance(kind, str) else None
    about = {"draft_id": shown["draft_id"], "version": shown["version"], "hash": shown["hash"]}
    match decision:
        case "reject":
            return about | {"decision": "reject", "reason": _said(answer)}
        case "skip":
            return about | {"decision": "skip", "until": (today + timedelta(days=SKIP_DAYS)).isoformat()}
        case "approve":
            named = _arguments(answer)
            if not {"version", "hash"} & named.keys():
                if not only_one_shown:
                    raise NotAnAnswer(f"More than one text was shown here. {_NAME_IT}")
                named = {**about, **named}
            return _leaving("approve", named, shown)
        case "edit":
            return _edited(_arguments(answer), shown)
        case _:
            raise NotAnAnswer(
                f"'{str(kind)[:40]}' is no answer; those are accept, edit, response, ignore (Agent Inbox) and approve, "
                "edit, reject, respond (LangChain)."
            )


def _one(given: Any) -> Mapping[str, Any]:
    """The one decision of an answer: Agent Inbox sends a list of one, LangChain's shape is an object with a list."""
    found = given["decisions"] if isinstance(given, Mapping) and "decisions" in given else given
    if isinstance(found, list):
        if len(found) != 1:
            raise NotAnAnswer(f"One message waits here, so there must be one decision; there are {len(found)}.")
        found = found[0]
    if not isinstance(found, Mapping):
        raise NotAnAnswer("An answer is an object with a type, in a list of one or under 'decisions'.")
    return found


def _arguments(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The message's arguments as they came back: Agent Inbox's under args.args, LangChain's under edited_action.args,
    or beside the type."""
    action = answer.get("edited_action", answer.get("args"))
    if action is None:
        named = {name: value for name, value in answer.items() if name not in ("type", "args", "edited_action")}
    elif not isinstance(action, Mapping) or not isinstance(action.get("args"), Mapping):
        raise NotAnAnswer("The action of an answer is an object with a name and args.")
    elif action.get("name", action.get("action")) != ACTION:
        raise NotAnAnswer(f"The action that waits is {ACTION}; another cannot be put in its place.")
    else:
        named = dict(action["args"])
    if "message" in named:
        named.setdefault("reason", named.pop("message"))
    return named


def _edited(named: dict[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    if not {"version", "hash"} <= named.keys():
        raise NotAnAnswer("An edit must come with all arguments as they were shown, version and hash among them.")
    texts = {name: _text(name, named.get(name, shown[name])) for name in ("subject", "body")}
    same = all(texts[name].strip() == _text(name, shown[name]).strip() for name in texts)
    # What changes nothing is the approval of what it names.
    return _leaving("approve" if same else "edit", named if same else {**named, **texts}, shown, texts=not same)


def _leaving(
    decision: str, named: Mapping[str, Any], shown: Mapping[str, Any], *, texts: bool = False
) -> dict[str, Any]:
    """An answer that may let the message leave. Only `take_decision` knows whether the version and the hash are still
    those of the draft; here the rest of what it names is compared with what was shown."""
    for name in FIXED:
        if name not in ("version", "hash") and name in named and str(named[name] or "") != str(shown[name] or ""):
            raise NotAnAnswer(f"{name} is not what was shown; it is not changed here.")
    answer = {
        "draft_id": shown["draft_id"],
        "version": _number(named.get("version")),
        "hash": _text("hash", named.get("hash")),
        "decision": decision,
    }
    if reason := _text("reason", named.get("reason") or "").strip():
        answer["reason"] = reason
    if texts:
        answer |= {"subject": named["subject"].strip() or None, "body": named["body"].strip()}
    elif any(
        name in named and _text(name, named[name]).strip() != _text(name, shown[name]).strip()
        for name in ("subject", "body")
    ):
        raise NotAnAnswer("The text is not the one that was shown; to change it, the answer is edit.")
    return answer


def _number(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise NotAnAnswer("version is a whole number.") from None


def _said(answer: Mapping[str, Any]) -> str:
    said = answer.get("args", answer.get("message"))
    return _text("reason", said or "").strip()


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotAnAnswer(f"{name} is a text.")
    if len(value) > LONGEST:
        raise NotAnAnswer(f"{name} is longer than {LONGEST} characters.")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise NotAnAnswer(f"{name} has characters that no message can carry.")
    return value.replace("\r\n", "\n")
