"""Text inside a line of Markdown, escaped no more than it must be, so that the source can be read as well."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_\[\]|~$]|(?<!\w)@)")
_BEGINNINGS = re.compile(r"^\d+(?=[.)](?:\s|$))|^(?=[-+#=])")


def inline_markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line: no markup, no HTML, no mentions; wherever on a line it begins."""
    line = " ".join(text.split())
    escaped = _SIGNS.sub(r"\\\1", line)
    escaped = _BEGINNINGS.sub(lambda found: f"{found[0]}\\", escaped)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\\&gt;", "&gt;")
