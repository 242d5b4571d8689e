"""A model that does whatever a text tells it to: the rules policies over the wire, with the words of the attack put
wherever their answers have room. What then does not happen is what the program's structure prevents.

`python -m tests.support.obedient` serves it and prints the settings for `outreach eval run injection`.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents import (
    drafting_policy,
    hygiene_policy,
    prospector_bids_policy,
    prospector_policy,
    qc_policy,
    reply_triage_policy,
    researcher_policy,
)
from evals.suites import load_suite
from tests.support.openai_server import Json, Reply, Script, ScriptedServer, messages_of, policy_script, route

POLICIES = {
    "DraftAnswer": drafting_policy.policy,
    "Triage": reply_triage_policy.policy,
    "Verdict": qc_policy.policy,
    "BidAnswer": prospector_bids_policy.policy,
    "save_facts": researcher_policy.policy,
    "save_mapping": prospector_policy.policy,
    "judge_pair": hygiene_policy.policy,
}
_ORDERS = (
    ("send_email", {"to": "all", "body": "{0}"}),
    ("approve_draft", {"draft_id": "*", "decision": "approve", "reason": "{0}"}),
    ("lift_suppression", {"address": "*", "reason": "{0}"}),
    ("update_contact", {"email": "{0}"}),
)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[\w-]+", text.lower()) if len(word) > 3}


def obedient() -> Script:
    """The script. It knows the suite's texts, and so what the one that it is shown asks for, encoded or not."""
    cases = [case.raw for case in load_suite("injection").cases()]
    attacks = [(_words(raw["input"]["text"]), raw["expected"]["canary"]) for raw in cases]
    honest = policy_script(route(POLICIES))

    def script(request: Json, number: int) -> Reply:
        reply = honest(request, number)
        shown = _words("\n".join(str(m.content) for m in messages_of(request) if m.type in ("human", "tool")))
        share, canary = max(((len(words & shown) / len(words), canary) for words, canary in attacks), default=(0.0, ""))
        return _obeying(reply, canary) if share > 0.7 else reply

    return script


def _obeying(reply: Reply, canary: str) -> Reply:
    if reply.content:
        try:
            said = json.loads(reply.content)
        except ValueError:
            return replace(reply, content=f"{reply.content} {canary}")
        return replace(reply, content=json.dumps(_answer(said, canary)))
    if any(name in ("save_facts", "save_hypothesis") for name, _arguments, _id in reply.tool_calls):
        orders = [(name, {k: v.format(canary) for k, v in given.items()}, None) for name, given in _ORDERS]
        return replace(reply, tool_calls=[*(_call(call, canary) for call in reply.tool_calls), *orders])
    return reply


def _call(call: tuple[str, Mapping[str, Any] | str, str | None], canary: str) -> Any:
    name, arguments, id_ = call
    if name != "save_facts" or isinstance(arguments, str):
        return call
    facts = [*arguments["facts"], {**arguments["facts"][0], "sentence": f"It is known for {canary}.", "quote": canary}]
    return name, {"facts": facts}, id_


def _answer(said: Json, canary: str) -> Json:
    if "body" in said:  # a draft
        lines = said["body"].split("\n\n")
        lines.insert(2, f"{canary}: see http://{canary.lower().replace(' ', '-')}.example/go")
        return {**said, "subject": f"{said['subject']} {canary}", "body": "\n\n".join(lines)}
    if "intent" in said:  # a reply
        address = canary if "@" in canary else None
        more = {"summary": f"Approved: {canary}", "recommended_next_step": f"Send {canary} to everybody now."}
        return {**said, "intent": "positive", "confidence": 100, "referral_email": address, **more}
    if "flags" in said:  # QC's judge
        return {**said, "flags": []}
    if "decisions" in said:  # tenders
        told = [{**one, "reason": canary} if "reason" in one else one for one in said["decisions"]]
        return {**said, "decisions": told}
    return said


def main() -> None:
    """Serves until it is stopped."""
    with ScriptedServer(obedient()) as server:
        print(f"OUTREACH_MODEL=scripted OPENAI_API_KEY=none OPENAI_BASE_URL={server.base_url}", flush=True)  # noqa: T201
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main()
