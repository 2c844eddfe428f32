from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foi_mailbot.adapters.templates import TemplateLetters
from foi_mailbot.core.letter import check_elements
from foi_mailbot.errors import Fatal
from foi_mailbot.ports import Render
from tests.letter_cases import CHILDREN, PLANS, TEMPLATES, case, context, told

RENDER: Render = TemplateLetters([TEMPLATES]).render

# What has to go for an element to be missing; every occurrence in the council's own words is struck out.
STRUCK = {
    "a plain statement that the council does not hold the information": ["do not hold", "did not hold"],
    "the date the request was received": ["3 March 2026"],
    "our reference": ["FI16751"],
    "the reason why the council does not hold it": [
        "children's services authority",
        "children's services",
        "highway drainage",
        "highway authority",
    ],
    "how to ask for an internal review": ["internal review", "reconsider"],
    "the time limit for an internal review (40 working days)": ["40 working days"],
    "the regulator's name and contact details": ["The Regulator"],
    "the officer or team": ["Information team", "A. Clerk"],
    "an offer of another format": ["format"],
    "the name of Big County": ["Big County"],
    "the e-mail address of Big County": ["foi@county.example"],
    'the words "may hold" about the other body': ["may hold", "may also hold"],
}
STRUCK_FOIA = {
    "the law it is answered under (Freedom of Information Act 2000)": ["Freedom of Information Act 2000"],
    "advice and assistance (section 16)": ["Section 16"],
    "an offer to forward the request with the applicant's consent": ["forward"],
}
STRUCK_EIR = {
    "the law it is answered under (Environmental Information Regulations 2004)": [
        "Environmental Information Regulations 2004"
    ],
    "the exception: regulation 12(4)(a)": ["12(4)(a)"],
    "a sentence on the public interest": ["public interest"],
    "advice and assistance (regulation 9)": ["Regulations 9"],
    "the postal address of Big County": ["ZZ2 2BB"],
}
STRUCK_PART = {"which questions this council answers itself, and by when": ["31 March 2026"]}


REFUSALS = [name for name in PLANS if name != "beside"]
OF_A_REFUSAL = {
    "a plain statement that the council does not hold the information",
    "the reason why the council does not hold it",
    "how to ask for an internal review",
    "the time limit for an internal review (40 working days)",
    "the regulator's name and contact details",
}


def struck(name: str) -> dict[str, list[str]]:
    if name == "beside":
        return {key: words for key, words in STRUCK.items() if key not in OF_A_REFUSAL} | STRUCK_PART
    found = dict(STRUCK)
    found |= STRUCK_FOIA if not name.endswith("_eir") else {}
    found |= STRUCK_EIR if not name.endswith("_foia") else {}
    return found | (STRUCK_PART if name.startswith("part") else {})


EVERY_ELEMENT = [(name, element) for name in PLANS for element in struck(name)]


def strike(text: str, words: list[str]) -> str:
    for phrase in words:
        text = re.sub(r"\s+".join(map(re.escape, phrase.split())), "…", text, flags=re.IGNORECASE)
    return text


@pytest.mark.parametrize("name", PLANS)
def test_every_template_carries_every_element_of_its_law(name: str) -> None:
    _, text, _ = RENDER(name, context(name))
    assert check_elements(text, name, context(name)) == ()


@pytest.mark.parametrize(("name", "element"), EVERY_ELEMENT)
def test_a_letter_without_one_element_is_told_which_one_it_lacks(name: str, element: str) -> None:
    _, text, _ = RENDER(name, context(name))
    assert element in check_elements(strike(text, struck(name)[element]), name, context(name))


@pytest.mark.parametrize("name", ["redirect_mixed", "part_mixed"])
def test_each_group_of_questions_is_owed_its_own_answer(name: str) -> None:
    _, text, _ = RENDER(name, context(name))
    start = text.index("We do not hold", text.index("Environmental information:"))
    shortened = text[:start] + text[text.index("This council", start) :]
    assert check_elements(shortened, name, context(name)) == ("the answer to questions 2 and 3",)


@pytest.mark.parametrize("name", PLANS)
def test_a_letter_that_no_longer_quotes_the_request_is_told_so(name: str) -> None:
    _, text, _ = RENDER(name, context(name))
    bare = "\n".join(line for line in text.splitlines() if not line.startswith(">"))
    assert check_elements(bare, name, context(name)) == ("the applicant's questions, quoted",)


@pytest.mark.parametrize("name", PLANS)
def test_what_the_applicant_wrote_never_counts_as_an_element(name: str) -> None:
    _, text, _ = RENDER(name, context(name))
    quoted = "\n".join("> " + line for line in text.splitlines())
    assert len(check_elements(quoted, name, context(name))) >= len(struck(name))


@pytest.mark.parametrize("name", PLANS)
def test_a_letter_that_says_the_other_body_holds_it_is_stopped(name: str) -> None:
    _, text, _ = RENDER(name, context(name))
    assert 'the word "may": it says that Big County holds this' in check_elements(
        text + "\nBig County holds this.\n", name, context(name)
    )


@pytest.mark.parametrize("name", PLANS)
def test_text_and_html_say_the_same_words(name: str) -> None:
    _, text, html = RENDER(name, context(name))
    marks = re.compile(r"(?m)^(?:> ?|- |-{3,}$)")
    assert " ".join(marks.sub("", text).split()) == " ".join(Words.of(html).split())


@pytest.mark.parametrize("name", [*PLANS, "acknowledgement"])
def test_lines_of_the_plain_text_have_at_most_76_characters(name: str) -> None:
    base = context(name if name in PLANS else "redirect_foia")
    _, text, _ = RENDER(name, base)
    assert max(map(len, text.splitlines())) <= 76


@pytest.mark.parametrize("name", [*PLANS, "acknowledgement"])
def test_html_is_accessible_and_loads_nothing_from_elsewhere(name: str) -> None:
    base = context(name if name in PLANS else "redirect_foia")
    _, _, html = RENDER(name, base)
    assert '<html lang="en-GB">' in html
    assert "<title>Re: Some questions (FI16751)</title>" in html
    assert not re.search(r"<(?:img|script|link|style|iframe|form|object)|\bsrc=|url\(|\bon\w+=", html)


def test_a_letter_that_refuses_nothing_names_no_law_to_refuse_under_and_says_what_is_kept() -> None:
    _, text, _ = RENDER("beside", context("beside"))
    assert "do not hold" not in text
    assert "We are dealing with questions 1 to 3 ourselves" in text
    assert "Big County may also hold information about questions 1 and 3" in text


@pytest.mark.parametrize("name", REFUSALS)
def test_no_search_is_claimed_unless_an_officer_says_what_was_checked(name: str) -> None:
    _, silent, _ = RENDER(name, context(name))
    _, told, _ = RENDER(name, context(name, checks=["the complaints register, for 2024"]))
    assert not re.search(r"search|looked for|checked", silent.split("Your request\n---")[0])
    assert "- the complaints register, for 2024\n" in told


@pytest.mark.parametrize("name", ["part_foia", "part_eir", "part_mixed"])
def test_a_part_letter_denies_only_what_is_redirected(name: str) -> None:
    base = context(name)
    _, text, _ = RENDER(name, base)
    denials = re.findall(r"did not hold|do not hold the information you asked for in (questions? [^,]+),", text)
    kept = {q["name"].split()[-1] for q in base["quoted"] if q["kept"]}  # type: ignore[attr-defined]
    assert not {n for phrase in denials for n in re.findall(r"\d+", phrase)} & kept
    assert f"We are dealing with {base['kept']} ourselves" in " ".join(text.split())


def test_the_regulator_and_the_council_come_only_from_the_settings() -> None:
    for file in TEMPLATES.rglob("*.txt"):
        shown = re.sub(r"(?s)\{#.*?#\}", "", file.read_text("utf-8"))
        assert not re.search(r"ICO\b|Information Commission|Wilmslow|Dover|Kent|@\w", shown), file


def test_what_was_written_from_memory_is_marked_for_the_lawyer() -> None:
    marked = {f.name for f in TEMPLATES.rglob("*.txt") if "Lawyer:" in f.read_text("utf-8")}
    assert marked == {"eir_answer.txt", "eir_help.txt", "foia_review.txt"}


# ── nothing in a request can become markup ───────────────────────────────────────────────────────
class Words(HTMLParser):
    """Gathers a page's visible words and the tags it has."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._silent = tag == "title"

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        if tag != "a":
            self.words.append(" ")

    @classmethod
    def of(cls, html: str) -> str:
        page = cls()
        page.feed(html.replace("<br>", "\n"))
        return "".join(page.words)


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=200),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "# A heading\n- an item\n> a quote\n| a line",
            "[[https://evil.example]] [[x@evil.example]]",
            "{{ council }} {% include 'x' %} {# c #}",
            "\u202eReversed \ue000\ue001\ue002 \x00\x1b[31m",
            "Subject: x\r\n\r\nBcc: everyone@evil.example",
            '"><img src=x onerror=alert(1)>',
            "Heading\n-------\n",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(words=HOSTILE, name=HOSTILE, subject=HOSTILE)
def test_nothing_an_applicant_writes_adds_a_tag_a_link_or_a_block(words: str, name: str, subject: str) -> None:
    safe, hostile = quoting("harmless", "Jo", "plain"), quoting(words, name, subject)
    _, _, expected = RENDER("redirect_foia", safe)
    _, _, html = RENDER("redirect_foia", hostile)
    before, after = Words(), Words()
    before.feed(expected)
    after.feed(html)
    inert = {"p", "br", "blockquote"}
    assert [t for t in after.tags if t not in inert] == [t for t in before.tags if t not in inert]


@settings(max_examples=100, deadline=None)
@given(words=HOSTILE)
def test_a_letter_that_quotes_anything_at_all_still_passes_its_own_check(words: str) -> None:
    hostile = quoting(words, "Jo", "plain")
    _, text, _ = RENDER("redirect_foia", hostile)
    assert check_elements(text, "redirect_foia", hostile) == ()


def quoting(words: str, name: str, subject: str) -> dict[str, object]:
    return told(*case([CHILDREN], [words], [""]), name=name, subject=subject)


# ── templates people edit ────────────────────────────────────────────────────────────────────────
def write(folder: Path, name: str, text: str) -> TemplateLetters:
    (folder / name).write_text(text, "utf-8")
    return TemplateLetters([TEMPLATES, folder])


def test_a_later_directory_replaces_a_part_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "misread.txt").write_text("Our own words here.", "utf-8")
    _, text, _ = TemplateLetters([TEMPLATES, tmp_path]).render("redirect_foia", context("redirect_foia"))
    assert "Our own words here." in text
    assert "Section 16" in " ".join(text.split())


def test_an_undefined_name_stops_with_file_line_and_what_to_do(tmp_path: Path) -> None:
    letters = write(tmp_path, "redirect_foia.txt", "Subject: x\n\nDear\n\n{{ aplicant_name }}\n")
    with pytest.raises(Fatal, match=r"redirect_foia\.txt, line 5: 'aplicant_name' is undefined.*docs/letters\.md"):
        letters.render("redirect_foia", context("redirect_foia"))


def test_an_undefined_name_in_a_part_names_the_part(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    letters = write(tmp_path, "parts/misread.txt", "Fine.\n\n{{ council.nickname }}\n")
    with pytest.raises(Fatal, match=r"parts/misread\.txt, line 3: .*nickname"):
        letters.render("redirect_foia", context("redirect_foia"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Subject: x\n\n{% if %}\n", r"redirect_foia\.txt, line 3: .*Mend"),
        ("Dear all\n", r'line 1: it must begin with "Subject:"'),
        ("Subject:\n\nHello\n", "without a subject or without text"),
        ("Subject: x\n\n{# nothing #}\n", "without a subject or without text"),
        ('Subject: x\n\n{% include "parts/lost.txt" %}\n', r"parts/lost\.txt is missing"),
        ("Subject: x\n\n{{ 1 / 0 }}\n", r"redirect_foia\.txt, line 3: division by zero"),
        ("Subject: x\n\n{{ ''.__class__.__mro__ }}\n", r"redirect_foia\.txt, line 3: .*unsafe"),
        ("Subject: x\n\n{{ checks.append('x') }}\n", r"redirect_foia\.txt, line 3: .*append.* unsafe\. Use"),
    ],
)
def test_a_broken_template_stops_with_words_an_operator_understands(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Fatal, match=message):
        write(tmp_path, "redirect_foia.txt", text).render("redirect_foia", context("redirect_foia"))


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(Fatal, match=r"no_such_letter\.txt is missing"):
        RENDER("no_such_letter", {})


def test_a_value_that_is_none_is_left_blank(tmp_path: Path) -> None:
    letters = write(tmp_path, "note.txt", "Subject: x\n\nBefore {{ nothing }}after\n")
    assert letters("note", {"nothing": None})[1] == "Before after\n"
