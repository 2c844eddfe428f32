"""Letters from the templates a council's lawyer edits: jinja2, sandboxed, strict about every name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from foi_mailbot.core.letter_markup import as_html, as_text, parse, plain, shield
from foi_mailbot.errors import Fatal

SUFFIX = ".txt"
_SUBJECT = "Subject:"


class TemplateLetters:
    """Renders letters from template directories; a file in a later directory replaces its namesake in an earlier one.

    Fits ports.Render: `TemplateLetters(...).render`. Changes to the files take effect at the next letter.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        # Nothing is escaped here on purpose: every value is shielded, and the one HTML writer escapes everything.
        self._environment = ImmutableSandboxedEnvironment(
            loader=jinja2.FileSystemLoader([str(d) for d in reversed(directories)]),
            undefined=jinja2.StrictUndefined,
            finalize=_shielded,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def __call__(self, name: str, context: dict[str, object]) -> tuple[str, str, str]:
        """Render, see `render`."""
        return self.render(name, context)

    def render(self, name: str, context: dict[str, object]) -> tuple[str, str, str]:
        """Return (subject, text, html) of the letter `<name>.txt`.

        Raises Fatal naming the file, the line, what is wrong and what to do.
        """
        source = self._source(name + SUFFIX, context)
        first, _, body = source.lstrip().partition("\n")
        if not first.startswith(_SUBJECT):
            raise Fatal(f'{name}{SUFFIX}, line 1: it must begin with "{_SUBJECT}". Put the subject line first.')
        subject = " ".join(plain(first[len(_SUBJECT) :]).split())
        blocks = parse(body)
        if not subject or not blocks:
            raise Fatal(f"{name}{SUFFIX}: the letter came out without a subject or without text. Restore the file.")
        return subject, as_text(blocks), as_html(blocks, subject)

    def _source(self, file: str, context: dict[str, object]) -> str:
        try:
            return self._environment.get_template(file).render(context)
        except jinja2.TemplateNotFound as error:
            raise Fatal(f"The letter template {error.name} is missing. Put the file back.") from error
        except jinja2.TemplateSyntaxError as error:
            where = f"{error.filename or error.name or file}, line {error.lineno}"
            raise Fatal(
                f"{where}: {(error.message or '').rstrip('.')}. Mend the {{% … %}} or {{{{ … }}}} there."
            ) from error
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise Fatal(
                f"{_place(error, file)}: {str(error).rstrip('.')}. Use only the names listed in docs/letters.md."
            ) from error


def _shielded(value: object) -> object:
    if isinstance(value, jinja2.Undefined):
        return value  # printing it raises, which is what we want
    return shield("" if value is None else str(value))


def _place(error: Exception, file: str) -> str:
    """Return the template file and line an error came from: jinja2 puts template frames into the traceback."""
    place, frame = file, error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if name.endswith(SUFFIX):
            place = f"{name}, line {frame.tb_lineno}"
        frame = frame.tb_next
    return place
