"""Mail nobody must answer (bounces, robots, lists, our own) is told from mail a person wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from foi_mailbot.core.kinds import Kind
from foi_mailbot.core.message import Message
from foi_mailbot.core.telling import Told
from foi_mailbot.core.wording import ENOUGH


@dataclass(frozen=True, slots=True)
class Suppress:
    """Log it, never answer it, no person needs to look."""

    kind: Kind  # AUTO_REPLY, BOUNCE, LIST or OTHER
    rule: str  # stable id, e.g. "auto-submitted"
    why: str  # plain English


@dataclass(frozen=True, slots=True)
class Hold:
    """A person decides; no letter is drafted."""

    kind: Kind
    rule: str
    why: str


RULES: dict[str, str] = {
    "own-mail": "It was sent from this mailbox's own address (RFC 5230 section 4.5).",
    "delivery-report": "It is a delivery report (RFC 3464).",
    "read-receipt": "It is a read receipt (RFC 8098).",
    "null-return-path": "It has an empty return path, as bounces have (RFC 5321 section 4.5.5).",
    "mailer-daemon": "It comes from a mail server, not from a person (RFC 3834 section 2).",
    "auto-generated": "It says that a machine made it, not as an answer: Auto-Submitted (RFC 3834 section 5).",
    "auto-submitted": "It says that a machine sent it: Auto-Submitted (RFC 3834 section 5).",
    "precedence": "It is marked as bulk, list or junk mail: Precedence (RFC 3834 section 2).",
    "list": "It came through a mailing list: List headers (RFC 2369, RFC 2919).",
    "auto-response-suppress": "It asks for no automatic answers, as robots do: X-Auto-Response-Suppress (MS-OXCMAIL).",
    "auto-header": "It carries a header that out-of-office and ticket robots set.",
    "spam-flag": "The mail server marked it as spam, which it also does to people's mail.",
    "bulk-sender": "It carries an unsubscribe link, as newsletters and mass mailings do (RFC 2369).",
    "calendar": "It is a calendar invitation (RFC 5545, RFC 6047).",
    "out-of-office": "Its subject reads like an automatic reply.",
    "no-reply-sender": "Its sender's address takes no replies.",
    "no-sender": "It names no readable sender, so there is nobody to answer.",
    "not-addressed-to-us": "None of this mailbox's addresses stands in To or Cc (RFC 5230 section 4.5).",
}

_PLATFORM = re.compile(r"(?:[\w.+-]*[-+])?request-\d+-[0-9a-f]{6,}@whatdotheyknow\.com", re.IGNORECASE)
_SERVER = re.compile(r"(?:mailer-daemon|postmaster)(?:[+@].*)?", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"(?:.*[._+-])?(?:no[._-]?reply|do[._-]?not[._-]?reply|dim[._-]?ateb)(?:[._+-].*)?", re.IGNORECASE
)
_OUT_OF_OFFICE = re.compile(
    r"^\s*(?:\[[^\]]{0,40}\]\s*)?(?!re\s*:\s*auto[a-z]*[ -]?reply\s*:)(?:(?:re|fwd?)\s*:\s*)?(?:"
    r"out[ -]of[ -](?:the[ -])?office|auto(?:matic|mated)?[ -]?(?:reply|response|acknowledge?ment)\b|autoreply\b|"
    r"i am (?:currently )?(?:away|on (?:annual )?leave|out of (?:the )?office)|on annual leave\b|"
    r"away from (?:my|the) (?:desk|office)|"
    r"ateb awtomatig|ymateb awtomatig|allan o['’]?r swyddfa|ar wyliau blynyddol|i ffwrdd o['’]?r swyddfa)",
    re.IGNORECASE,
)
_LIST_HEADERS = ("list-id", "list-post", "list-subscribe", "list-owner", "list-archive")
# The unsubscribe header alone is a Hold (bulk-sender): people send requests to many councils through mailing services.
_ROBOT_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponse",
    "x-auto-reply",
    "x-vacation",
    "x-ms-exchange-inbox-rules-loop",
)
_BOUNCE_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_RECEIPT_TYPES = {"message/disposition-notification", "message/global-disposition-notification"}


def screen(
    message: Message, *, own_addresses: Collection[str], return_path: str | None = None
) -> Suppress | Hold | None:
    """Say whether a mail must not be answered (Suppress), needs a person (Hold), or reads like a person's (None).

    `return_path` is the envelope sender if known ("" for the null path), else the Return-Path header counts.
    Follows RFC 3834 and Pigeonhole's vacation, save its rule on "-request" in addresses: WhatDoTheyKnow has those.
    """
    own = {address.strip().lower() for address in own_addresses if address.strip()}
    sender = message.sender.email.lower() if message.sender else ""
    if sender and sender in own:
        return _suppress(Kind.OTHER, "own-mail")
    found = (
        _report(message)
        or _mail_server(message, sender, return_path)
        or _declared_robot(message, own)
        or _null_path(message, return_path)
    )
    if found or _PLATFORM.fullmatch(sender):
        return found
    return _doubt(message, sender, own)


_BULK = frozenset({"auto-generated", "precedence", "list", "bulk-sender"})
"""Rules that also catch a person's request: campaigns, platforms and suppliers send theirs as bulk mail."""


def settle(verdict: Suppress | Hold | None, told: Told) -> Suppress | Told:
    """Return what a mail is, by its headers and its words together; with `also` set a person decides.

    Headers that bulk mail carries never silence a request made under the law; every other certain sign stands. What
    is only held keeps its header's kind unless its words say plainly what it is.
    """
    if verdict is None:
        return told
    asks = told.kind is Kind.REQUEST
    if isinstance(verdict, Suppress):
        if not (asks and told.points >= ENOUGH and verdict.rule in _BULK):
            return verdict
    elif verdict.kind is Kind.OTHER and told.rule and not asks:
        return replace(told, because=f"{told.because}. {verdict.why.rstrip('.')}")
    if asks and told.points >= ENOUGH:
        return replace(
            told, rule=verdict.rule, because=f"{told.because}. But: {verdict.why.rstrip('.')}", also=verdict.kind
        )
    why = verdict.why[0].lower() + verdict.why[1:].rstrip(".")
    plain = isinstance(verdict, Hold) and asks and told.also is None
    return Told(verdict.kind, verdict.rule, why, Kind.REQUEST if plain else None)


def _suppress(kind: Kind, rule: str) -> Suppress:
    return Suppress(kind, rule, RULES[rule])


def _report(message: Message) -> Suppress | None:
    types = {a.content_type for a in message.attachments} if message.content_type == "multipart/report" else set()
    if message.report_type == "disposition-notification" or types & _RECEIPT_TYPES:
        return _suppress(Kind.BOUNCE, "read-receipt")
    if message.report_type == "delivery-status" or types & _BOUNCE_TYPES or message.content_type in _BOUNCE_TYPES:
        return _suppress(Kind.BOUNCE, "delivery-report")
    return None


def _path(message: Message, return_path: str | None) -> str:
    path = return_path if return_path is not None else message.header("return-path")
    return path.strip().strip("<>").strip()


def _mail_server(message: Message, sender: str, return_path: str | None) -> Suppress | None:
    """Judge by the sender: real mail also shows MAILER-DAEMON where RFC 5321 wants <>."""
    if _SERVER.fullmatch(_path(message, return_path)) or _SERVER.fullmatch(sender):
        return _suppress(Kind.BOUNCE, "mailer-daemon")
    return None


def _null_path(message: Message, return_path: str | None) -> Suppress | None:
    """Judge by the empty envelope sender, which bounces have, and automatic replies that say nothing else."""
    said = return_path is not None or "<" in message.header("return-path")
    return _suppress(Kind.BOUNCE, "null-return-path") if said and not _path(message, return_path) else None


def _declared_robot(message: Message, own: set[str]) -> Suppress | None:
    submitted = [value.partition(";")[0].strip().lower() for name, value in message.headers if name == "auto-submitted"]
    machine = [value for value in submitted if value not in {"", "no"}]
    if machine:
        made = set(machine) == {"auto-generated"}
        return _suppress(Kind.AUTO_REPLY, "auto-generated" if made else "auto-submitted")
    if _is_own_list(message, own):
        return None
    if message.header("precedence").strip().lower() in {"bulk", "list", "junk"}:
        return _suppress(Kind.LIST, "precedence")
    if any(message.header(name) for name in _LIST_HEADERS):
        return _suppress(Kind.LIST, "list")
    return None


def _is_own_list(message: Message, own: set[str]) -> bool:
    """Say whether the list is the council's own mailbox: a Google Group marks every citizen's mail so."""
    said = " ".join(value.lower() for name, value in message.headers if name in {"list-id", "list-post"})
    return any(f"<{address.replace('@', '.')}>" in said or f"<mailto:{address}>" in said for address in own)


def _doubt(message: Message, sender: str, own: set[str]) -> Hold | None:
    checks: tuple[tuple[Kind, str, Callable[[], bool]], ...] = (
        (Kind.AUTO_REPLY, "out-of-office", lambda: bool(_OUT_OF_OFFICE.match(message.subject))),
        (Kind.AUTO_REPLY, "auto-header", lambda: _has_robot_header(message)),
        (Kind.AUTO_REPLY, "auto-response-suppress", lambda: _wants_no_answer(message)),
        (Kind.SPAM, "spam-flag", lambda: message.header("x-spam-flag").strip().lower() == "yes"),
        (Kind.LIST, "bulk-sender", lambda: bool(message.header("list-unsubscribe") or message.header("list-help"))),
        (Kind.OTHER, "calendar", lambda: _is_invitation(message)),
        (Kind.OTHER, "no-sender", lambda: not sender),
        (Kind.OTHER, "no-reply-sender", lambda: bool(_NO_REPLY.fullmatch(sender.partition("@")[0]))),
        (Kind.OTHER, "not-addressed-to-us", lambda: bool(own) and own.isdisjoint(_addressed(message))),
    )
    return next((Hold(kind, rule, RULES[rule]) for kind, rule, holds in checks if holds()), None)


def _has_robot_header(message: Message) -> bool:
    names = {name for name, value in message.headers if value.strip().lower() not in {"", "no", "false"}}
    return bool(names.intersection(_ROBOT_HEADERS)) or message.header("precedence").strip().lower() == "auto_reply"


def _wants_no_answer(message: Message) -> bool:
    """Say whether X-Auto-Response-Suppress asks for no automatic replies, which people's own mail never does."""
    wanted = {word.strip().lower() for word in message.header("x-auto-response-suppress").split(",")}
    return bool(wanted & {"all", "oof", "autoreply"})


def _is_invitation(message: Message) -> bool:
    return message.content_type == "text/calendar" or any(
        a.content_type == "text/calendar" for a in message.attachments
    )


def _addressed(message: Message) -> set[str]:
    return {address.email.lower() for address in (*message.to, *message.cc)}
