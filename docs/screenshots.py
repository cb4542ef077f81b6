"""Draws the pictures of the terminal and takes those of pages: `python -m docs.screenshots`.

Each command runs in a terminal of its own, in a temporary folder with the configurations; Rich turns what it wrote,
colours and all, into an SVG. Nothing in the pictures is typed by hand.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from html import escape, unescape
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from docs.reading import ROOT

IMAGES = ROOT / "docs" / "images"
WIDTH = 84
PICTURES = {"run.svg": "bprun configs/doc.yaml"}

# Rich's picture without fonts from elsewhere: it looks the same offline, and asks nobody.
_FONT_FACES = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
_TEXT = re.compile(
    r'<text class="(?P<style>bprunner-r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<width>[\d.]+)"'
    r"(?P<rest>[^>]*)>(?P<content>.*?)</text>"
)
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


def terminal_text(command: str, folder: Path) -> str:
    """What a command writes into a terminal, with its control codes."""
    shutil.copytree(ROOT / "configs", folder / "configs", dirs_exist_ok=True)
    ours, theirs = pty.openpty()
    environment = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "MLFLOW_TRACKING_URI")}
    wanted = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(WIDTH), "PYTHONUTF8": "1"}
    name, *arguments = command.split()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / name), *arguments],
        cwd=folder,
        env=environment | wanted,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    if process.wait() not in (0, 3):
        raise RuntimeError(f"{command} failed:\n{written.decode()}")
    return written.decode().replace("\r\n", "\n")


def picture(command: str, written: str) -> str:
    """The SVG of a terminal in which a command was typed and wrote this."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor", highlight=False
    )
    console.print(Text.assemble(("$ ", "green"), (command, "bold")))
    console.print(Text.from_ansi(written.rstrip("\n")))
    svg = console.export_svg(title="bprunner", theme=SVG_EXPORT_THEME, unique_id="bprunner")
    svg = _TEXT.sub(_without_outer_spaces, _FONT_FACES.sub("", svg).replace("Fira Code, monospace", _FONTS))
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _without_outer_spaces(found: re.Match[str]) -> str:
    """A piece of text begins where its first letter stands: not every viewer shows the spaces before it."""
    content = unescape(found["content"])
    width = float(found["width"]) / len(content)
    inner = content.strip("\xa0")
    x = float(found["x"]) + width * (len(content) - len(content.lstrip("\xa0")))
    shown = escape(inner, quote=False).replace("\xa0", "&#160;")
    return f'<text class="{found["style"]}" x="{x:g}" y="{found["y"]}" textLength="{width * len(inner):g}"' + (
        f"{found['rest']}>{shown}</text>"
    )


def text_in(svg: str) -> list[str]:
    """The lines of text in a picture, without the title and without spaces."""
    lines: dict[float, list[tuple[float, str]]] = {}
    for found in _TEXT.finditer(svg):
        lines.setdefault(float(found["y"]), []).append((float(found["x"]), unescape(found["content"])))
    whole = ["".join(text for _, text in sorted(parts)) for _, parts in sorted(lines.items())]
    return [bare for line in whole if (bare := without_spaces(line))]


def without_spaces(line: str) -> str:
    return "".join(line.split())


def main() -> int:
    IMAGES.mkdir(exist_ok=True)
    for name, command in PICTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            written = terminal_text(command, Path(folder))
        (IMAGES / name).write_text(picture(command, written), encoding="utf-8")
    from docs.page_screenshots import take

    take(IMAGES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
