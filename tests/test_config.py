"""Settings are typed and frozen, state their defaults truly, and never show a password."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from foi_mailbot.config import ConfigError, Settings, Smtp, Tls, load, loads
from foi_mailbot.config.toml_lines import Path as KeyPath
from foi_mailbot.config.toml_lines import key_lines, line_of
from foi_mailbot.errors import Fatal

SHIPPED = Path(__file__).parent.parent / "config" / "foi_mailbot.toml"
SMALLEST = """
[[mailbox]]
name = "dover"
authority = "DOV"
[mailbox.imap]
host = "imap.example.org"
user = "foi@example.org"
password_env = "IMAP_PASSWORD"
[mailbox.smtp]
host = "smtp.example.org"
[mailbox.sending]
from_address = "FOI@example.org"
"""


def with_imap(lines: str) -> str:
    return SMALLEST.replace('password_env = "IMAP_PASSWORD"', lines)


# ── the shipped file ─────────────────────────────────────────────────────────────────────────────
def documented() -> dict[str, tuple[str, bool]]:
    """Return what the shipped file states of each key: its text and whether it is called an example."""
    stated: dict[str, tuple[str, bool]] = {}
    table = ""
    for line in SHIPPED.read_text("utf-8").splitlines():
        if header := re.fullmatch(r"(?:# )?\[+([a-z.]+)\]+", line):
            table = header[1] + "."
        elif key := re.fullmatch(r"(?:# )?([a-z_]+) = (.*?) +# (.+)", line):
            stated[table + key[1]] = (key[2], key[3].startswith(("Required", "Example")))
    return stated


def fields(table: type[BaseModel] = Settings, prefix: str = "") -> dict[str, Any]:
    """Return every key of the settings with its default, by its dotted name; required ones hold Ellipsis."""
    found: dict[str, Any] = {}
    for name, info in table.model_fields.items():
        key = prefix + (info.alias or name)
        inner = [t for t in (info.annotation, *get_args(info.annotation)) if isinstance(t, type)]
        tables = [t for t in inner if issubclass(t, BaseModel)]
        if tables:
            found |= fields(tables[0], key + ".")
        else:
            found[key] = ... if info.is_required() else info.get_default()
    return found


def test_the_shipped_file_loads_and_is_about_dover() -> None:
    settings = load(SHIPPED, {})
    assert [(m.name, m.authority) for m in settings.mailboxes] == [("dover", "DOV")]


def test_the_shipped_file_documents_every_key_and_no_other() -> None:
    assert set(documented()) == set(fields())


@pytest.mark.parametrize("key", sorted(documented()))
def test_the_shipped_file_states_the_default_or_calls_the_value_an_example(key: str) -> None:
    text, example = documented()[key]
    default = fields()[key]
    if default is ... or example:
        assert example, f"{key} has no default: its comment must begin with Required"
        return
    stated = tomllib.loads(f"value = {text}")["value"]
    plain = [str(part) for part in default] if isinstance(default, tuple) else default
    assert stated == (str(plain) if isinstance(plain, Path) else plain)


def test_the_sequence_loads_when_its_comment_marks_are_taken_away() -> None:
    text = re.sub(
        r"^# (\[mailbox\.sequence\]|(?:prefix|start|width) = )", r"\1", SHIPPED.read_text("utf-8"), flags=re.MULTILINE
    )
    sequence = loads(text, {}).mailboxes[0].sequence
    assert sequence is not None
    assert (sequence.prefix, sequence.start, sequence.width) == ("FI", 20000, 5)


# ── what a setting means ─────────────────────────────────────────────────────────────────────────
def test_the_smallest_file_takes_every_default() -> None:
    settings = loads(SMALLEST, {})
    mailbox = settings.mailboxes[0]
    assert settings.database_url == "sqlite:////var/lib/foi-mailbot/foi_mailbot.sqlite"
    assert (mailbox.folders, mailbox.filed_folder, mailbox.mark_read) == (("INBOX",), "FOI-mailbot/Filed", False)
    assert (mailbox.sequence, mailbox.reference_patterns) == (None, ())


def test_a_named_database_wins_over_the_state_folder() -> None:
    assert loads('database = "postgresql:///foi"\n' + SMALLEST, {}).database_url == "postgresql:///foi"


@pytest.mark.parametrize(
    ("tls", "imap", "smtp"), [(Tls.IMPLICIT, 993, 465), (Tls.STARTTLS, 143, 587), (Tls.NONE, 143, 25)]
)
def test_the_port_follows_from_the_protection(tls: Tls, imap: int, smtp: int) -> None:
    text = SMALLEST.replace("example.org", "x").replace('"imap.x"', '"localhost"').replace("x@", "a@")
    text = text.replace("@x", "@example.org").replace("host =", f'tls = "{tls}"\nhost =')
    mailbox = loads(text, {}).mailboxes[0]
    assert (mailbox.imap.port, mailbox.smtp.port) == (imap, smtp)


def test_a_given_port_stays() -> None:
    assert loads(with_imap('port = 10993\npassword_env = "X"'), {}).mailboxes[0].imap.port == 10993


def test_a_certificate_authority_is_found_beside_the_settings(tmp_path: Path) -> None:
    imap = loads(with_imap('password_env = "X"\nca_file = "ca.pem"'), {}, base=tmp_path).mailboxes[0].imap
    assert (imap.ca_path, loads(SMALLEST, {}).mailboxes[0].imap.ca_path) == (tmp_path / "ca.pem", None)


def test_own_addresses_include_the_sending_address_in_lower_case() -> None:
    text = SMALLEST.replace('authority = "DOV"', 'authority = "DOV"\naddresses = ["Info.Requests@example.org"]')
    assert loads(text, {}).mailboxes[0].own_addresses == {"info.requests@example.org", "foi@example.org"}


def test_reference_patterns_ignore_case() -> None:
    pattern, *_ = load(SHIPPED, {}).mailboxes[0].reference_patterns
    assert pattern.name == "FI"
    found = pattern.regex.search("about fi16751, please")
    assert found is not None
    assert found[0] == "fi16751"


def test_settings_that_would_stop_every_letter_are_warned_of() -> None:
    regulator, review = loads(SMALLEST, {}).warnings
    assert "[regulator] address, phone or website" in regulator
    assert "No letter of dover" in review


def test_complete_settings_give_no_warning() -> None:
    text = SMALLEST + '[mailbox.letters]\nreview_email = "r@example.org"\n[regulator]\nphone = "0"\n'
    assert loads(text, {}).warnings == ()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        loads(SMALLEST, {}).log_level = "debug"


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────
def test_a_password_is_read_from_the_environment_only_when_asked_for() -> None:
    environ = {"IMAP_PASSWORD": "first"}
    secret = loads(SMALLEST, environ).mailboxes[0].imap.password
    environ["IMAP_PASSWORD"] = "second"
    assert secret.read() == "second"


def test_a_password_file_is_found_beside_the_settings_and_loses_its_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(" pass word \n", "utf-8")
    secret = loads(with_imap('password_file = "pw"'), {}, base=tmp_path).mailboxes[0].imap.password
    assert secret.read() == " pass word "


def test_a_credential_is_read_from_systemds_folder(tmp_path: Path) -> None:
    (tmp_path / "dover-imap").write_text("s3cret", "utf-8")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert loads(with_imap('credential = "dover-imap"'), environ).mailboxes[0].imap.password.read() == "s3cret"


def test_a_server_without_login_needs_no_password() -> None:
    assert Smtp(host="smtp.example.org").password.read() == ""
    assert loads(SMALLEST, {}).mailboxes[0].smtp.password.read() == ""


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('password_env = "ABSENT"', "empty"),
        ('password_file = "/nonexistent/pw"', "cannot be read"),
        ('credential = "dover-imap"', "systemd did not start"),
    ],
)
def test_a_password_that_is_not_there_stops_the_service_with_a_sentence(lines: str, why: str) -> None:
    with pytest.raises(Fatal, match=why):
        loads(with_imap(lines), {}).mailboxes[0].imap.password.read()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_password_file_everyone_can_read_is_warned_of(tmp_path: Path, mode: int, warned: bool) -> None:
    path = tmp_path / "pw"
    path.write_text("x", "utf-8")
    path.chmod(mode)
    warnings = loads(with_imap('password_file = "pw"'), {}, base=tmp_path).warnings
    assert any(f"chmod 600 {path}" in warning for warning in warnings) is warned


def test_no_password_is_ever_shown() -> None:
    settings = loads(SMALLEST, {"IMAP_PASSWORD": "hunter2"})
    assert settings.mailboxes[0].imap.password.read() == "hunter2"
    shown = repr(settings) + str(settings) + settings.model_dump_json() + repr(settings.mailboxes[0].imap.password)
    assert "hunter2" not in shown


def test_a_password_in_the_file_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigError) as refused:
        loads(with_imap('password = "hunter2"'), {})
    assert "never kept in the settings" in str(refused.value)
    assert "hunter2" not in str(refused.value)


# ── files that cannot be read at all ─────────────────────────────────────────────────────────────
def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "absent.toml", {})
    assert [p.what for p in refused.value.problems] == ["There is no such file"]


def test_a_number_too_long_to_read_is_a_problem_not_a_crash() -> None:
    with pytest.raises(ConfigError, match="not TOML"):
        loads("poll_seconds = " + "9" * 5000, {})


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'log_level = "info"\nlog_file = "caf\xe9"\n')
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    assert [(p.line, p.what) for p in refused.value.problems] == [(2, "is not UTF-8 text")]


# ── lines ────────────────────────────────────────────────────────────────────────────────────────
def test_lines_are_found_past_strings_and_lists_of_many_lines() -> None:
    text = 'a = """\nb = 1\n[c]\n"""\nd = [\n  "[[e]]", # ]\n]\n'
    text += "[[m]]\nx.y = 1\n[m.imap]\n\"k\" = '#'\n[[m]]\n[m.imap]\nk = 2\n"
    assert key_lines(text) == {
        ("a",): 1,
        ("d",): 5,
        ("m", 0): 8,
        ("m", 0, "x", "y"): 9,
        ("m", 0, "imap"): 10,
        ("m", 0, "imap", "k"): 11,
        ("m", 1): 12,
        ("m", 1, "imap"): 13,
        ("m", 1, "imap", "k"): 14,
    }


def test_an_unknown_place_falls_back_to_its_table_then_to_the_first_line() -> None:
    lines: dict[KeyPath, int] = {("a",): 4, ("a", "b"): 7}
    assert [line_of(lines, p) for p in [("a", "b", "c"), ("a", "x"), ("z",), ()]] == [7, 4, 1, 1]


@given(st.text(st.sampled_from("ab=.[]{}\"'\\#\n 1é"), max_size=80))
def test_every_top_level_key_of_any_valid_text_has_a_line(text: str) -> None:
    lines = key_lines(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    heads = {str(path[0]) for path in lines}
    assert set(data) <= heads


@given(st.text(max_size=200))
def test_any_text_gives_settings_or_problems_never_another_error(text: str) -> None:
    with pytest.raises(ConfigError):
        loads(text, {})


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.booleans(), st.text(max_size=5), st.floats()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "host", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "1979-05-27"
        case int() | float():
            return str(value)
        case str():
            return '"' + "".join(f"\\U{ord(c):08x}" for c in value) + '"'
        case list():
            return "[" + ", ".join(toml(part) for part in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + "}"
        case _:
            raise AssertionError(value)


@given(st.sampled_from([*sorted({key.split(".")[0] for key in fields()}), "other"]), values)
def test_any_value_under_any_key_gives_problems_with_a_line(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as refused:
        loads(f"\n{key} = {toml(value)}\n", {}, file="f.toml")
    assert all(p.line in {1, 2} and p.what and p.file == "f.toml" for p in refused.value.problems)
