"""The same request said a little otherwise: politeness, footers, quoted mail or noise must make no redirect of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from random import Random

from bench.judgement.cases import Labelled, judged
from foi_mailbot.core.message import parse
from foi_mailbot.core.request import Request, read_request, read_text
from foi_mailbot.core.rulebook import Rulebook
from foi_mailbot.core.scoring import Result

POINTS_BACK = re.compile(
    r"\b(?:these|those|them|they|it|its|their|this|that|such|same|above|previous|following|which|if so|if not|if yes|"
    r"if no|also|question|answer|each|both|the former|the latter)\b",
    re.IGNORECASE,
)
"""Words that tie an ask to its neighbours: where one stands, another order asks another thing."""

MARKER = re.compile(
    r"^\W*(?:(?:q(?:uestion)?\s*)?\d{1,2}[).:]?\s|[a-h][).]\s|\([a-h\d]{1,2}\)\s|[*•-]\s)\W*", re.IGNORECASE
)
"""What numbers an ask, before its words."""

_PREAMBLES = (
    "I hope this message finds you well. I should be most grateful if you could help me with the following.\n\n",
    "Good afternoon,\n\nI am writing to make a request under the Freedom of Information Act 2000.\n\n",
    "To whom it may concern,\n\nPlease would you kindly let me have the information below.\n\n",
    "Dear Information Governance Team,\n\n",
)
_COURTESIES = (
    "\n\nThank you very much for your time and your help.",
    "\n\nI understand how busy you are, and I look forward to hearing from you.\n\nKind regards,\nAlex Resident",
    "\n\nMany thanks in advance.\n\nYours faithfully,\n\nA Resident",
)
_WHATDOTHEYKNOW = (
    "\n\nYours faithfully,\n\nA Resident\n\n"
    "-------------------------------------------------------------------\n\n"
    "Please use this email address for all replies to this request:\n"
    "[FOI #1000001 email]\n\n"
    "Is [authority request email] the wrong address for Freedom of Information requests? If so, please contact us "
    "using this form:\nhttps://www.whatdotheyknow.com/change_request/new\n\n"
    "Disclaimer: This message and any reply that you make will be published on the internet. Our privacy and copyright "
    "policies:\nhttps://www.whatdotheyknow.com/help/officers\n\n"
    "Please note that in some cases publication of requests and responses will be delayed.\n\n"
    "If you find this service useful as an FOI officer, please ask your web manager to link to us from your "
    "organisation's FOI page.\n\n"
    "-------------------------------------------------------------------\n"
)
_THREAD = (
    "\n\nOn Mon, 4 May 2026 at 10:12, Information Governance <foi@council.example> wrote:\n"
    "> Dear A Resident,\n>\n> Thank you for your earlier request. How many children are in care, and how many\n"
    "> potholes were repaired, is a matter for the county council.\n>\n> Kind regards,\n> Information Governance\n"
)

Reading = Callable[[str], Request]


@dataclass(slots=True)
class Tally:
    """How often one disturbance changed the outcome, and to what."""

    requests: int = 0
    same: int = 0
    to_unsure: int = 0
    other: int = 0
    turned_right: int = 0  # into the redirect that its label asks for
    turned_wrong: int = 0  # into a redirect that it is not: a failure
    examples: tuple[str, ...] = ()

    def count(self, before: Result, after: Result) -> None:
        """Count one request."""
        self.requests += 1
        if before.outcome == after.outcome:
            self.same += 1
        elif after.outcome == "redirect":
            right = before.expected == "redirect"
            self.turned_right += right
            self.turned_wrong += not right
            self.examples += () if right else (before.id,)
        elif after.outcome == "unsure":
            self.to_unsure += 1
        else:
            self.other += 1


def preamble(text: str, random: Random) -> str:
    """Put a polite opening before it."""
    return random.choice(_PREAMBLES) + text


def courtesy(text: str, random: Random) -> str:
    """Put thanks after it."""
    return text + random.choice(_COURTESIES)


def footer(text: str, _: Random) -> str:
    """Put WhatDoTheyKnow's footer after it."""
    return text + _WHATDOTHEYKNOW


def reordered(text: str, random: Random) -> str:
    """Put its numbered asks in another order, if none of them points to another and they stand in lines."""
    request = read_text(text, [])
    asks = request.asks
    if len(asks) < 2 or any(not ask.label.isdigit() or ask.details for ask in asks):
        return text
    said = [MARKER.sub("", ask.text).strip() for ask in asks]
    if any(POINTS_BACK.search(words) for words in said):
        return text
    order = random.sample(said, len(said))
    numbered = "\n".join(f"{n}. {words}" for n, words in enumerate(order, 1))
    return f"{text[: asks[0].start].rstrip()}\n{numbered}\n{text[asks[-1].end :].lstrip()}"


def noise(text: str, random: Random) -> str:
    """Read it as badly as a scanner: l for 1 and back, a missing space, a broken line, a few to a hundred words."""
    words = re.split(r"(\s+)", text)
    for at in range(0, len(words), 2):
        if random.random() < 0.04:
            words[at] = words[at].translate(str.maketrans("l1", "1l"))
        if at + 1 < len(words) and words[at + 1] == " ":
            roll = random.random()
            words[at + 1] = "" if roll < 0.015 else "\n" if roll < 0.06 else " "
    return "".join(words)


DISTURBANCES: dict[str, Callable[[str, Random], str]] = {
    "polite opening": preamble,
    "thanks": courtesy,
    "WhatDoTheyKnow footer": footer,
    "asks reordered": reordered,
    "scanner's noise": noise,
}
THREAD = "quoted thread, as mail"


def measure(cases: Sequence[Labelled], rulebook: Rulebook, seed: int) -> dict[str, Tally]:
    """Return each disturbance's tally over those requests that it changes at all."""
    random = Random(seed)
    found = {name: Tally() for name in (*DISTURBANCES, THREAD)}
    for case in cases:
        text = case.past.text
        before = judged(case, read_text(text, []), rulebook)
        for name, disturb in DISTURBANCES.items():
            changed = disturb(text, random)
            if changed != text:
                found[name].count(before, judged(case, read_text(changed, []), rulebook))
        plain, quoting = (judged(case, request, rulebook) for request in _mails(text))
        found[THREAD].count(plain, quoting)
    return found


def _mails(text: str) -> Iterator[Request]:
    """Yield the request as a mail, and as a mail that quotes another body's matter below."""
    for body in (text, text + _THREAD):
        mail = EmailMessage()
        mail["From"], mail["To"] = "A Resident <a.resident@example.com>", "foi@council.example"
        mail["Subject"], mail["Message-ID"] = "Freedom of Information request", "<one@example.com>"
        mail.set_content(body)
        yield read_request(parse(mail.as_bytes()), [])
