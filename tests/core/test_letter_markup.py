from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.core.letter_markup import as_html, as_text, html_of_text, parse, shield, visible

SOURCE = f"""
# A heading

A paragraph of
two lines with [[{shield("foi@x.example")}]] in it.

- one
- two that goes on and on and on and on and on and on and on and on and on and on
| The Clerk
| {shield("1 Street" + chr(10) + "Town")}

> {shield("First line" + chr(10) + chr(10) + "# not a heading")}
"""


def test_text_underlines_headings_joins_paragraphs_and_keeps_lines() -> None:
    assert as_text(parse(SOURCE)) == (
        "A heading\n---------\n\n"
        "A paragraph of two lines with foi@x.example in it.\n\n"
        "- one\n- two that goes on and on and on and on and on and on and on and on and on\n  and on\n\n"
        "The Clerk\n1 Street\nTown\n\n"
        "> First line\n>\n> # not a heading\n"
    )


def test_html_has_the_same_blocks() -> None:
    page = as_html(parse(SOURCE), "T & C")
    assert "<title>T &amp; C</title>" in page
    assert "<h2>A heading</h2>" in page
    assert '<p>A paragraph of two lines with <a href="mailto:foi@x.example">foi@x.example</a> in it.</p>' in page
    assert "<ul>\n<li>one</li>\n<li>two that" in page
    assert "<p>The Clerk<br>1 Street<br>Town</p>" in page
    assert "<blockquote><p>First line</p><p># not a heading</p></blockquote>" in page


def test_only_https_and_mail_addresses_become_links() -> None:
    page = as_html(parse("[[https://x.example/a?b=c&d]] [[javascript:alert(1)]] [[http://x.example]]"), "t")
    assert page.count("<a ") == 1
    assert '<a href="https://x.example/a?b=c&amp;d">' in page
    assert "javascript:alert(1)" in page


def test_a_line_whose_value_is_empty_leaves_no_gap() -> None:
    assert as_text(parse(f"Before\n\n{shield('')}\n\n| {shield('')}\n\n- {shield('')}\n\nAfter")) == "Before\n\nAfter\n"


def test_html_of_an_edited_text_keeps_its_headings_lists_lines_and_quotations() -> None:
    page = html_of_text(as_text(parse(SOURCE)), "t")
    expected = as_html(parse(SOURCE.replace("[[", "").replace("]]", "")), "t")
    assert page == expected


def test_html_of_an_edited_text_makes_no_links_and_no_tags() -> None:
    page = html_of_text("See [[https://x.example]] <b>now</b>\r\n", "t")
    assert "<p>See [[https://x.example]] &lt;b&gt;now&lt;/b&gt;</p>" in page


def test_reordering_and_control_characters_are_dropped_and_joiners_kept() -> None:
    assert visible("a\u202eb\x00c\ue000d\tک\u200cم\r\ne") == "abcd ک\u200cم\ne"


@given(st.text(max_size=300))
def test_a_shielded_value_is_one_block_of_its_own_words(value: str) -> None:
    blocks = parse(f"> {shield(value)}")
    assert len(blocks) == (1 if visible(value).strip() else 0)
    words = [word for line in as_text(blocks).splitlines() for word in line[1:].split()]
    assert words == visible(value).split()
