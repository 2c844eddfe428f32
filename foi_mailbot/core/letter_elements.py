"""The machine check that a letter still says everything the law asks of it, after drafting and after every edit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foi_mailbot.core.letter_markup import visible

Context = Mapping[str, Any]

FOIA_NAME = "Freedom of Information Act 2000"
EIR_NAME = "Environmental Information Regulations 2004"
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's words with white space evened out: `own` is what the council says, `quoted` what it repeats."""

    own: str
    quoted: str

    def has(self, *needles: str) -> bool:
        """Say whether the council itself says one of these (any case)."""
        return any(_even(needle) in self.own for needle in needles if needle.strip())

    def names(self, questions: str) -> bool:
        """Say whether these questions are named; "question 1" does not stand in "question 10"."""
        return bool(questions) and bool(re.search(rf"\b{re.escape(_even(questions))}(?!\w)", self.own))


def _even(text: str) -> str:
    return " ".join(visible(text).replace("’", "'").casefold().split())


def _words(text: str) -> Words:
    lines = text.splitlines()
    quoted = [line.lstrip()[1:] for line in lines if line.lstrip().startswith(">")]
    own = [line for line in lines if not line.lstrip().startswith(">")]
    return Words(_even("\n".join(own)), _even("\n".join(quoted)))


@dataclass(frozen=True, slots=True)
class Element:
    """One thing a letter must contain; `name` completes "The letter lacks …". `regimes`: the letters it belongs to."""

    name: str
    regimes: str  # "foia", "eir", "part", "refusal", "every": a mixed letter needs both regimes' elements
    present: Callable[[Words, Context], bool]


def check_elements(text: str, template: str, context: Mapping[str, object]) -> tuple[str, ...]:
    """Return what is missing from a letter's plain text, in plain English; empty if nothing is.

    `template` and `context` are those it was drafted with. What the applicant is quoted as saying never counts.
    """
    words, regimes = _words(text), {"every", *_regimes(template)}
    missing = [e.name for e in ELEMENTS if e.regimes in regimes and not e.present(words, context)]
    return (*missing, *_missing_details(words, context))


def _regimes(template: str) -> set[str]:
    kind, _, regime = template.partition("_")
    if not regime:
        return {"part"}
    both = {"foia", "eir"} if regime == "mixed" else {regime}
    return both | {"refusal"} | ({"part"} if kind == "part" else set())


def _details(context: Context, key: str) -> Mapping[str, str]:
    return defaultdict(str, context.get(key, {}))


def _said(key: str) -> Callable[[Words, Context], bool]:
    return lambda words, context: words.has(str(context.get(key, "")))


_NEAR = 120
"""How far, in characters, a question may stand from the sentence that denies it."""


def _denial(context: Context) -> str:
    name = re.escape(_even(_details(context, "council")["authority_name"]) or "this council")
    return rf"\b(?:we|this council|the council|{name}) (?:do|does|did) not (?:\w+ )?hold\b"


def _denied(words: Words, context: Context) -> bool:
    return bool(re.search(_denial(context), words.own))


def _answered(words: Words, context: Context, questions: str) -> bool:
    """Say whether a denial stands near these questions' name: each question is owed its own answer."""
    named, denial = rf"\b{re.escape(_even(questions))}(?!\w)", _denial(context)
    between = rf"(?:(?!\bquestion).){{0,{_NEAR}}}?"  # naming other questions ends the reach of a denial
    return bool(re.search(f"{denial}{between}{named}|{named}{between}{denial}", words.own))


def _reasoned(words: Words, context: Context) -> bool:
    groups = context.get("groups", ())
    return bool(groups) and all(words.has(*_reasons(g)) for g in groups)


def _reasons(group: Mapping[str, str]) -> list[str]:
    """Return what may stand for a group's reason: the other body's role, or any responsibility by its name."""
    return [group["role"], *re.split(r", | or ", group["functions"])]


def _review_route(words: Words, context: Context) -> bool:
    council = _details(context, "council")
    routes = (council["review_email"], council["review_address"], council["review_how"])
    return words.has("internal review", "reconsider") and words.has(*routes)


def _review_time(words: Words, _: Context) -> bool:
    return words.has("40 working days", "forty working days")


def _regulator(words: Words, context: Context) -> bool:
    regulator = _details(context, "regulator")
    return words.has(regulator["name"]) and words.has(regulator["address"], regulator["phone"], regulator["website"])


def _signed(words: Words, context: Context) -> bool:
    council = _details(context, "council")
    return words.has(council["team"], council["signature"])


def _quoted(words: Words, context: Context) -> bool:
    return all(_even(q["text"])[:60] in words.quoted for q in context.get("quoted", ()))


def _keeps(words: Words, context: Context) -> bool:
    return words.names(str(context.get("kept", ""))) and words.has(str(context.get("due", "")))


def _referenced(words: Words, context: Context) -> bool:
    return context.get("reference") == "" or words.has(str(context.get("reference", "")))


def _formats(words: Words, context: Context) -> bool:
    return words.has("format", _details(context, "council")["accessibility"])


ELEMENTS: Sequence[Element] = (
    Element("a plain statement that the council does not hold the information", "refusal", _denied),
    Element("the date the request was received", "every", _said("received")),
    Element("our reference", "every", _referenced),
    Element("the reason why the council does not hold it", "refusal", _reasoned),
    Element("how to ask for an internal review", "refusal", _review_route),
    Element("the time limit for an internal review (40 working days)", "refusal", _review_time),
    Element("the regulator's name and contact details", "refusal", _regulator),
    Element("the officer or team", "every", _signed),
    Element("the applicant's questions, quoted", "every", _quoted),
    Element("an offer of another format", "every", _formats),
    Element(f"the law it is answered under ({FOIA_NAME})", "foia", lambda w, _: w.has(FOIA_NAME)),
    Element("advice and assistance (section 16)", "foia", lambda w, _: w.has("section 16")),
    Element("an offer to forward the request with the applicant's consent", "foia", lambda w, _: w.has("forward")),
    Element(f"the law it is answered under ({EIR_NAME})", "eir", lambda w, _: w.has(EIR_NAME)),
    Element("the exception: regulation 12(4)(a)", "eir", lambda w, _: w.has("12(4)(a)")),
    Element("a sentence on the public interest", "eir", lambda w, _: w.has("public interest")),
    Element("advice and assistance (regulation 9)", "eir", lambda w, _: w.has("regulation 9", "regulations 9")),
    Element("which questions this council answers itself, and by when", "part", _keeps),
)


def _missing_details(words: Words, context: Context) -> list[str]:
    """Check what depends on the questions and bodies at hand: each must stand in the letter."""
    missing = [
        f"the answer to {g['questions']}"
        for g in context.get("groups", ())
        if not _answered(words, context, str(g["questions"]))
    ]
    for body in context.get("bodies", ()):
        name = str(body["name"])
        if not words.has(name):
            missing.append(f"the name of {name or body['code']}")
        if body["email"] and not words.has(str(body["email"])):
            missing.append(f"the e-mail address of {name}")
        if body["eir"] and not _addressed(words, context, str(body["postal_address"])):
            missing.append(f"the postal address of {name}")
        if re.search(rf"\b{re.escape(_even(name))} (?:does hold|holds|hold)\b", words.own):
            missing.append(f'the word "may": it says that {name} holds this')
    if not re.search(r"\bmay (?:also )?(?:hold|have)\b", words.own):
        missing.append('the words "may hold" about the other body')
    return missing


def _addressed(words: Words, context: Context, address: str) -> bool:
    """Say whether the other body's address stands there; if we know none, whether a postcode not our own does."""
    if address.strip():
        return words.has(address) or all(words.has(line) for line in re.split(r"[\n,]", address) if line.strip())
    ours = " ".join((*_details(context, "council").values(), *_details(context, "regulator").values()))
    known = set(POSTCODE.findall(ours.upper()))
    return any(code not in known for code in POSTCODE.findall(words.own.upper()))
