"""Kinds of mail: told by the words newly written, each with its route and its clock, and doubt goes to a person."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.judgement import kinds as labelled
from bench.judgement.cases import rows
from foi_mailbot import bootstrap, resources
from foi_mailbot.core.decision import PartRedirect, Redirect, Suppressed, Unsure
from foi_mailbot.core.kinds import SOURCES, TABLE, Clock, Kind, Route, due_by, month_after
from foi_mailbot.core.phrases import Finder, Lexicon, Parts, compile_phrases, lower, problem
from foi_mailbot.core.request import Request, read_text
from foi_mailbot.core.telling import Written, tell
from foi_mailbot.core.wording import KindRule, KindWords, wording
from foi_mailbot.service.assess import Assessment, Council

pytestmark = pytest.mark.slow  # thousands of decisions: the fast tests stay under a minute

HERE = Path(__file__).parent
ASSESSOR = bootstrap.build_assessor()
WORDS = ASSESSOR.rulebook.kinds
RECEIVED = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
MAILS = tomllib.loads((HERE / "kinds.toml").read_text("utf-8"))["mail"]
VARIED = tomllib.loads((HERE / "kinds_varied.toml").read_text("utf-8"))["mail"]
REDIRECTED = "1. How many looked-after children were placed out of area?\n2. What was the average weekly fee?"


def council() -> Council:
    known = bootstrap.load_settings(resources.config_dir() / "foi_mailbot.toml")
    return replace(bootstrap.build_asked_council(known, ASSESSOR, "DOV"), own_addresses=("foi@council.example",))


COUNCIL = council()


def assessed(text: str, subject: str = "", sender: str = "Jo <jo@example.com>", **headers: str) -> Assessment:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "foi@council.example", subject
    message["Message-ID"], message["Date"] = "<one@example.com>", "Fri, 20 Nov 2026 09:12:00 +0000"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return ASSESSOR.mail(message.as_bytes(), COUNCIL, RECEIVED)


def varied(mail: dict[str, Any]) -> Assessment:
    answering = {"In_Reply_To": "<earlier@council.example>"} if mail.get("reply") else {}
    return assessed(mail["text"], mail["subject"], mail.get("sender", "Jo <jo@example.com>"), **answering)


def kind_of(found: Assessment) -> Kind:
    return found.request.kind if found.request else Kind.OTHER


def read(found: Assessment) -> Request:
    assert found.request is not None
    return found.request


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: f"{mail['kind']}: {mail['text'][:40]}")
def test_each_wording_is_told_for_what_an_officer_would_log_it_as(mail: dict[str, str]) -> None:
    found = assessed(mail["text"], mail["subject"])
    told = read(found).told
    assert kind_of(found) == mail["kind"]
    assert told.kind is Kind.REQUEST or told.because
    for sign in told.signs:
        assert read(found).text[sign.start : sign.end] == sign.text
        assert sign.rule in {rule.id for rule in WORDS.rules}


@pytest.mark.parametrize("mail", VARIED, ids=lambda mail: f"{mail['kind']}: {mail['text'][:40]}")
def test_many_peoples_wordings_are_told_or_at_least_doubted_for_what_they_are(mail: dict[str, Any]) -> None:
    told = read(varied(mail)).told
    assert mail["kind"] in told.kinds
    assert mail.get("doubt") or told.kind == mail["kind"]


@pytest.mark.parametrize("mail", [m for m in VARIED if m["kind"] != "request"], ids=lambda mail: mail["text"][:40])
def test_nothing_in_many_peoples_wordings_but_a_request_gets_a_letter_or_is_suppressed(mail: dict[str, Any]) -> None:
    found = varied(mail)
    assert isinstance(found.decision, Unsure)
    assert read(found).told.kinds != (Kind.REQUEST,)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_route_a_clock_with_its_source_and_a_sentence(kind: Kind) -> None:
    treatment = TABLE[kind]
    assert treatment.says.endswith(".")
    assert bool(SOURCES[treatment.clock]) == (treatment.clock is not Clock.NONE)
    assert (treatment.route is Route.DECIDED) == (kind is Kind.REQUEST)


@pytest.mark.parametrize(
    ("kinds", "received", "expected"),
    [
        ([Kind.REQUEST], date(2026, 11, 20), date(2026, 12, 21)),
        ([Kind.WELSH], date(2026, 11, 20), date(2026, 12, 21)),
        ([Kind.INTERNAL_REVIEW], date(2026, 11, 20), date(2026, 12, 21)),
        ([Kind.SUBJECT_ACCESS], date(2026, 11, 20), date(2026, 12, 20)),
        ([Kind.SUBJECT_ACCESS], date(2026, 1, 31), date(2026, 2, 28)),
        ([Kind.SUBJECT_ACCESS, Kind.REQUEST], date(2026, 11, 20), date(2026, 12, 20)),
        ([Kind.COMPLAINT, Kind.REQUEST], date(2026, 11, 20), date(2026, 12, 21)),
        *[([kind], date(2026, 11, 20), None) for kind in Kind if TABLE[kind].clock is Clock.NONE],
    ],
)
def test_each_kind_is_due_by_its_own_clock_and_a_doubtful_mail_by_the_earlier(
    kinds: list[Kind], received: date, expected: date | None
) -> None:
    assert due_by(kinds, received, ASSESSOR.calendar) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2024, 1, 31), date(2024, 2, 29)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 9, 3), date(2026, 10, 3)),
    ],
)
def test_a_calendar_month_ends_on_the_same_day_or_the_shorter_months_last(day: date, expected: date) -> None:
    assert month_after(day) == expected


@pytest.mark.parametrize(
    ("text", "kind", "also"),
    [
        (
            "I would like an internal review of your refusal.\n\nIn addition please provide the number of appeals in "
            "2023 and copies of all reports on them.",
            Kind.INTERNAL_REVIEW,
            Kind.REQUEST,
        ),
        (
            "Please send me a copy of my housing file.\n\nHow many people were on the waiting list in 2023, and please "
            "list the blocks with empty flats?",
            Kind.SUBJECT_ACCESS,
            Kind.REQUEST,
        ),
        (
            "I want to complain about the bins.\n\nUnder the Freedom of Information Act please tell me how many "
            "collections were missed.",
            Kind.REQUEST,
            Kind.COMPLAINT,
        ),
    ],
)
def test_where_a_request_and_another_kind_both_fit_a_person_decides_and_the_questions_are_shown(
    text: str, kind: Kind, also: Kind
) -> None:
    found = assessed(text)
    assert (read(found).told.kind, read(found).told.also) == (kind, also)
    assert isinstance(found.decision, Unsure)
    assert found.decision.asks
    assert all(named.replace("_", " ") in found.decision.why for named in (kind, also))
    assert found.due is not None


@pytest.mark.parametrize("mail", [m for m in MAILS if m["kind"] != "request"], ids=lambda mail: mail["text"][:40])
def test_no_kind_but_a_request_is_ever_redirected_even_with_another_bodys_question_in_it(mail: dict[str, str]) -> None:
    for text in (mail["text"], f"{mail['text']}\n\n{REDIRECTED}"):
        found = assessed(text, mail["subject"])
        redirected = isinstance(found.decision, Redirect | PartRedirect)
        assert not redirected or read(found).told.kinds == (Kind.REQUEST,)
        assert not (redirected and text == mail["text"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.org>"},
        {"Auto_Submitted": "auto-generated"},
        {"List_Unsubscribe": "<https://example.org/u>"},
        {"X_Spam_Flag": "YES"},
    ],
)
def test_bulk_headers_never_silence_a_request_made_under_the_act_but_a_person_decides(headers: dict[str, str]) -> None:
    found = assessed(f"Under the Freedom of Information Act please tell me:\n\n{REDIRECTED}", **headers)
    assert kind_of(found) is Kind.REQUEST
    assert isinstance(found.decision, Unsure)
    assert len(found.decision.asks) == 2
    assert ASSESSOR.acknowledgement(found, replace(COUNCIL, acknowledge=True), "X") is None
    silenced = assessed("Our summer programme is out. Read all about it.", **headers)
    assert isinstance(silenced.decision, Suppressed | Unsure)
    assert kind_of(silenced) is not Kind.REQUEST


@pytest.mark.parametrize("header", ["auto-replied", "auto-notified"])
def test_an_answering_robot_is_suppressed_whatever_it_quotes(header: str) -> None:
    found = assessed("Under the FOI Act please tell me how many bins there are.", Auto_Submitted=header)
    assert isinstance(found.decision, Suppressed)


@pytest.mark.parametrize("mail", [m for m in MAILS if m["kind"] in {"spam", "list", "auto_reply", "bounce"}])
def test_suspicious_words_alone_only_hold_a_mail_and_never_suppress_it(mail: dict[str, str]) -> None:
    assert isinstance(assessed(mail["text"], mail["subject"]).decision, Unsure)


def test_a_text_half_in_welsh_may_be_a_request_in_either_language() -> None:
    english = "Please tell me how many schools have closed in the county since 2010, and what it has cost you. "
    welsh = "Hoffwn wybod faint o ysgolion sydd wedi cau yn y sir ers 2010, a beth oedd y gost. "
    assert read(assessed(welsh * 2)).told.kinds == (Kind.WELSH,)
    assert read(assessed(welsh + english * 2)).told.kinds == (Kind.WELSH, Kind.REQUEST)
    assert read(assessed(f"Annwyl Gyngor,\n\n{english}\n\nDiolch yn fawr,\nJo")).told.kinds == (Kind.REQUEST,)


COURTESY = [
    "Thank you for your help.",
    "Many thanks in advance for your assistance.",
    "I look forward to hearing from you.",
    "I hope that you are well.",
    "Please let me know if you need anything else from me.",
    "Have a lovely weekend.",
]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(MAILS), st.sampled_from(COURTESY))
def test_a_courteous_sentence_changes_no_kind(mail: dict[str, str], courtesy: str) -> None:
    assert kind_of(assessed(f"{mail['text']}\n\n{courtesy}", mail["subject"])) == mail["kind"]


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([m for m in MAILS if "Forwarded" not in m["text"]]), st.sampled_from(MAILS))
def test_a_quoted_thread_below_changes_no_kind(mail: dict[str, str], earlier: dict[str, str]) -> None:
    quoted = "\n".join(f"> {line}" for line in earlier["text"].splitlines())
    text = f"{mail['text']}\n\nOn Mon, 2 Nov 2026 at 10:02, FOI <foi@council.example> wrote:\n{quoted}\n"
    assert kind_of(assessed(text, mail["subject"])) == mail["kind"]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400), st.text(max_size=40), st.booleans())
def test_telling_never_raises_and_its_words_stand_where_it_says(text: str, sender: str, answering: bool) -> None:
    told = tell(Written(text, (0, 0), ((0, len(text)),), (), sender, answering), wording(WORDS))
    assert told.why
    assert all(text[s.start : s.end] == s.text for s in told.signs)


def test_the_longest_mail_is_read_in_bounded_time() -> None:
    words = "please send me any copy of the request about my file again and look at it " * 1300
    assert read_text(words, [], WORDS).text == words


def test_without_rules_everything_but_an_empty_mail_is_a_request() -> None:
    assert read_text("I want an internal review.", []).kind is Kind.REQUEST
    assert read_text(" ", []).kind is Kind.OTHER


def rule(*says: str, **changed: Any) -> KindWords:
    known = KindRule("r", Kind.COMPLAINT, 3, "anywhere", says, (), (), "it says so")
    return KindWords((replace(known, **changed),), {"cross": ("angry", "fed up")})


@pytest.mark.parametrize(
    ("phrase", "hit", "miss"),
    [
        ("bins missed", "Bins, missed", "bins were missed"),
        ("missed/late", "It was LATE.", "It was later."),
        ("complain*", "complaining", "plain"),
        ("my [own] bin", "my own bin", "my new bin"),
        ("look ... again", "look at this letter again", "look. Never again"),
        ("# days", "after 20 days", "after some days"),
        ("i am @cross", "I am fed up", "I am fed"),
        ("don't like", "I don’t like", "I do like"),
    ],
)
def test_a_phrase_means_what_the_rules_page_says(phrase: str, hit: str, miss: str) -> None:
    words = rule(phrase)
    assert not problem(phrase, words.lists)
    assert read_text(hit, [], words).kind is Kind.COMPLAINT
    assert read_text(miss, [], words).kind is Kind.REQUEST


@pytest.mark.parametrize("phrase", ["", "... again", "look ...", "[my] bin", "i am @glad", "what?", "[so much]"])
def test_a_phrase_that_means_nothing_is_told(phrase: str) -> None:
    assert problem(phrase, {"cross": ("angry",)})


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail["text"][:40])
def test_the_words_by_which_phrases_are_found_never_miss_one_that_stands_in_the_text(mail: dict[str, str]) -> None:
    phrases = [phrase for rule in WORDS.rules for phrase in (*rule.says, *rule.unless)]
    patterns = compile_phrases(phrases, WORDS.lists)
    said = Lexicon(patterns).said(lower(mail["text"]))
    standing = {number for number, pattern in enumerate(patterns) if pattern.regex.search(said.text)}
    assert standing <= set(Finder(patterns).possible(said))
    assert all(said.holds(patterns[number]) for number in standing)


def test_a_letter_whose_lower_case_is_longer_moves_no_words() -> None:
    told = read_text("İİ Bins late", [], rule("bins late")).told
    assert [(s.start, s.text) for s in told.signs] == [(3, "Bins late")]


def test_a_rule_is_silent_beside_its_exceptions_and_without_what_it_needs() -> None:
    text = "The bin is late. My request is late."
    assert read_text(text, [], rule("late", unless=("bin",))).told.signs[0].start > 16
    assert read_text(text, [], rule("late", needs=("lorry",))).kind is Kind.REQUEST
    assert read_text(text, [], rule("late", points=0)).kind is Kind.REQUEST
    assert read_text(text, [], rule("late", where="subject")).kind is Kind.REQUEST


@pytest.mark.parametrize("name", ["kinds.jsonl", "kinds_second.jsonl", "kinds_third_open.jsonl"])
def test_the_sets_tuned_on_stay_right_and_no_request_is_taken_for_another_kind(name: str) -> None:
    found = labelled.measure(Path(labelled.__file__).with_name(name))
    assert sum(tally.right for tally in found.values()) >= 0.98 * sum(tally.mails for tally in found.values())
    assert found["request"].wrong == []
    assert not any(tally.as_request or tally.suppressed for tally in found.values())


@pytest.mark.parametrize("name", ["fresh_open.jsonl", "retold_open.jsonl"])
def test_hardly_any_plain_request_is_told_for_another_kind(name: str) -> None:
    texts = [str(row["text"]) for _, row in rows(Path(labelled.__file__).with_name(name))]
    others = [text for text in texts if read_text(text, [], WORDS).told.kind is not Kind.REQUEST]
    assert len(others) <= 0.02 * len(texts)


@pytest.mark.parametrize(
    ("text", "subject", "kinds"),
    [
        (
            "I had an internal review in May. I now ask under the Freedom of Information Act for every email that was "
            "sent in the course of that review.",
            "",
            (Kind.REQUEST,),
        ),
        (
            "As you wanted to know, I mean nursery schools. Please provide the number of places and the cost of each.",
            "Re: FOI 5",
            (Kind.FOLLOW_UP, Kind.REQUEST),
        ),
        ("Thank you for your reply. I do not accept that section 43 applies.", "Re: FOI 5", (Kind.INTERNAL_REVIEW,)),
        ("Thanks ever so much, Jo.", "Re: FOI 5", (Kind.ACKNOWLEDGEMENT,)),
        ("I met him on the bridge and he told us about it.", "", (Kind.REQUEST, Kind.OTHER)),
        ("I met him on the bridge. How long has the north bridge been closed?", "", (Kind.REQUEST,)),
        ("The rats are back for weeks. Please send me the notes on my claim.", "", (Kind.SUBJECT_ACCESS,)),
        ("What is your rule on staff who are out of office?", "Out of office", (Kind.AUTO_REPLY, Kind.REQUEST)),
    ],
)
def test_what_a_mail_does_besides_its_courtesy_and_its_setting_tells_its_kind(
    text: str, subject: str, kinds: tuple[Kind, ...]
) -> None:
    assert read(assessed(text, subject)).told.kinds == kinds


def test_pieces_of_a_text_read_once_know_the_words_that_they_hold() -> None:
    lexicon = Lexicon(compile_phrases(["bins late", "ask* again"], {}))
    text = "bins are late. asking, ask again"
    parts = Parts(text, lexicon)
    assert parts.piece(0, 14).words == {"bins", "late"}
    assert parts.piece(15, len(text)).words == {"ask*", "again"}
    assert parts.piece(0, len(text)).words == lexicon.said(text).words == {"bins", "late", "ask*", "again"}


def test_a_rule_for_replies_hears_only_mail_that_answers_another() -> None:
    words, text = rule("the first one", where="reply"), "The first one is right."
    for answering, kind in ((True, Kind.COMPLAINT), (False, Kind.REQUEST)):
        told = tell(Written(text, own=((0, len(text)),), answering=answering), wording(words))
        assert told.kind is kind


@pytest.mark.parametrize(
    ("text", "also"),
    [
        (
            'How many nights was the pump off the run in 2024/25, by station? By "off the run" I mean for an hour or '
            "more. Leave out training.",
            Kind.FOLLOW_UP,
        ),
        (
            "We have written to planning enforcement several times and heard nothing. How many enforcement cases are "
            "open, and how many notices were served in 2024/25?",
            Kind.CHASER,
        ),
    ],
)
def test_what_asks_for_information_and_speaks_of_no_earlier_request_is_a_first_one(text: str, also: Kind) -> None:
    told = read_text(text, [], WORDS).told
    assert told.kind is Kind.REQUEST
    assert told.also in (None, also)


def test_thanks_for_an_answer_with_a_question_behind_follow_it_up() -> None:
    found = assessed("Many thanks for the spreadsheet, very helpful. What does NFA stand for?", "Re: FOI 515")
    assert kind_of(found) is Kind.FOLLOW_UP
    assert Kind.REQUEST in read(found).told.kinds
