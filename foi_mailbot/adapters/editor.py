"""Lets an officer change a text in the editor of their choice ($VISUAL, $EDITOR, else vi)."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from foi_mailbot.errors import Parked


def edited(text: str) -> str:
    """Return the text as the officer left it. Raises Parked if the editor cannot be run or ends with an error."""
    command = _command(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory(prefix="foi-mailbot-") as folder:
        path = Path(folder) / "reply.txt"
        path.write_text(text, "utf-8")
        try:
            subprocess.run([*command, str(path)], check=True)
            return path.read_text("utf-8-sig")
        except (OSError, subprocess.CalledProcessError) as fault:
            raise Parked(f"The editor {command[0]} did not end well ({fault}); nothing was changed.") from fault
        except UnicodeDecodeError as fault:
            raise Parked(f"The editor {command[0]} did not save UTF-8 text; nothing was changed.") from fault


def _command(asked: str) -> list[str]:
    try:
        command = shlex.split(asked)
    except ValueError as fault:
        raise Parked(f"$EDITOR cannot be understood ({fault}): {asked}. Nothing was changed.") from fault
    return command or ["vi"]
