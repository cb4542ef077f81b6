"""Output for terminals and pipes that cannot hold every sign: what they lack is written with what they have."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Any

_IN_ASCII = {
    "→": "->", "·": "|", "×": "x", "−": "-", "–": "-", "—": "-", "…": "...", "∂": "d", "δ": "delta", "½": "1/2",
    "Σ": "sum", "η": "eta", "✓": "ok:", "✗": "not ok:", "“": '"', "”": '"', "‘": "'", "’": "'", "²": "^2",
    "━": "-", "╸": "-", "╺": "-", "─": "-", "│": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+",
}  # fmt: skip


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """An error handler of encodings: a sign that is not there is spelled, or else shown as an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(
        _IN_ASCII.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in signs
    ), error.end


def accept_any_encoding(*streams: Any) -> None:
    """Lets text with any sign be written to these streams, whatever their encodings are."""
    codecs.register_error("bprunner.spelled", _spelled)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="bprunner.spelled")


def write_utf8(text: str) -> None:
    """Writes a text that is for machines, as YAML and JSON are: it is UTF-8 wherever it goes."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding.lower() not in ("utf-8", "utf8"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(text)
