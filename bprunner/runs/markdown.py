"""Text in Markdown."""

from __future__ import annotations

import re


def plain_markdown(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no links."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", text)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
