"""The operator's settings: one TOML file, typed and frozen; every problem in it is reported at once."""

from foi_mailbot.config.loading import load, loads
from foi_mailbot.config.problems import ConfigError, Problem
from foi_mailbot.config.settings import (
    Imap,
    Letters,
    Mailbox,
    Reference,
    Regulator,
    Secret,
    Sending,
    Sequence,
    Server,
    Settings,
    Smtp,
    Tls,
)

__all__ = [
    "ConfigError",
    "Imap",
    "Letters",
    "Mailbox",
    "Problem",
    "Reference",
    "Regulator",
    "Secret",
    "Sending",
    "Sequence",
    "Server",
    "Settings",
    "Smtp",
    "Tls",
    "load",
    "loads",
]
