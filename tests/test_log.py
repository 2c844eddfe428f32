"""The log is JSON lines in UTC, and nothing personal gets into it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foi_mailbot.errors import Fatal
from foi_mailbot.log import MASKED_ADDRESS, MASKED_VALUE, PERSONAL_KEYS, configure, get_logger, redact

Json = dict[str, object]

addresses = st.one_of(
    st.emails(),
    st.builds('"{} {}"@{}.example'.format, *[st.from_regex(r"[a-z]{1,12}", fullmatch=True)] * 3),
    st.just("Ænne.Ødegård@bücher.example"),
)
around = st.sampled_from(["{}", "<{}>", "mail from {} refused", "mailto:{};", "550 5.1.1 <{}>: unknown", "a {} b@c.d"])


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    yield
    for handler in [h for h in logging.getLogger().handlers if h.get_name() == "foi_mailbot"]:
        logging.getLogger().removeHandler(handler)
        handler.close()


def logged(stream: io.StringIO) -> list[Json]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_time_in_utc() -> None:
    stream = io.StringIO()
    configure("info", stream)
    get_logger("foi_mailbot.test").info("intake.stored", case="C-1", uids=[1, 2])
    (line,) = logged(stream)
    assert (line["event"], line["case"], line["uids"], line["level"]) == ("intake.stored", "C-1", [1, 2], "info")
    assert datetime.fromisoformat(str(line["at"])).utcoffset() == timedelta(0)
    assert str(line["at"]).endswith("+00:00")


def test_events_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    configure("warning", stream)
    get_logger("foi_mailbot.test").info("poll.done")
    get_logger("foi_mailbot.test").warning("poll.failed")
    assert [line["event"] for line in logged(stream)] == ["poll.failed"]


def test_configuring_again_moves_the_log_and_doubles_nothing() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("info", first)
    configure("info", second)
    get_logger("foi_mailbot.test").info("poll.done")
    assert (first.getvalue(), len(logged(second))) == ("", 1)


def test_a_log_file_is_written_beside_what_it_holds_already(tmp_path: Path) -> None:
    path = tmp_path / "foi.log"
    path.write_text("{}\n")
    configure("info", path)
    get_logger("foi_mailbot.test").info("poll.done")
    assert [json.loads(line).get("event") for line in path.read_text("utf-8").splitlines()] == [None, "poll.done"]


def test_a_blank_target_is_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    configure("info", "")
    get_logger("foi_mailbot.test").info("poll.done")
    assert json.loads(capfd.readouterr().err)["event"] == "poll.done"


def test_a_log_file_that_cannot_be_written_stops_the_service(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="cannot be written"):
        configure("info", tmp_path / "absent" / "foi.log")


def test_other_libraries_warnings_are_json_and_masked_too_and_their_debug_lines_stay_out() -> None:
    stream = io.StringIO()
    configure("debug", stream)
    logging.getLogger("imapclient.imaplib").debug("< * 1 FETCH {10}")
    logging.getLogger("aiosmtplib").warning("refused %s", "jo@example.org")
    (line,) = logged(stream)
    assert line["event"] == f"refused {MASKED_ADDRESS}"


def test_an_exceptions_text_is_masked_and_cut_short() -> None:
    stream = io.StringIO()
    configure("info", stream)
    try:
        raise ValueError("could not answer jo@example.org " + "x" * 20000)
    except ValueError:
        get_logger("foi_mailbot.test").exception("case.failed", case="C-1")
    (line,) = logged(stream)
    assert "jo@example.org" not in stream.getvalue()
    assert "ValueError" in str(line["exception"])
    assert len(stream.getvalue()) < 10000


def test_bytes_and_unknown_objects_keep_their_content_to_themselves() -> None:
    event = redact(None, "info", {"event": "x", "chunk": b"Dear council", "error": Fatal("no jo@example.org")})
    assert event == {"event": "x", "chunk": MASKED_VALUE, "error": f"no {MASKED_ADDRESS}"}


def test_numbers_and_empty_values_stay_as_they_are() -> None:
    assert redact(None, "info", {"n": 1, "ok": True, "none": None, "subject": ""}) == {
        "n": 1,
        "ok": True,
        "none": None,
        "subject": "",
    }


@given(addresses, around)
def test_no_address_gets_through_wherever_it_stands(address: str, frame: str) -> None:
    text = frame.format(address)
    out = redact(None, "info", {"event": text, "reply": text, "deep": [{"a": (text, {text: text})}], "s": {text}})
    written = json.dumps(out, ensure_ascii=False)
    assert address not in written
    assert "@" not in written


@given(st.sampled_from(sorted(PERSONAL_KEYS)), st.text(min_size=1))
def test_personal_fields_are_replaced_whole_at_any_depth(key: str, value: str) -> None:
    out = redact(None, "info", {"event": "x", key: value, "deep": [{key.upper(): value}]})
    assert out == {"event": "x", key: MASKED_VALUE, "deep": [{key.upper(): MASKED_VALUE}]}
