"""Writes the parts of the documents that can be derived: `python -m docs.generate`.

In yaml.md and sweeps.md, what stands between `<!-- keys: Model -->`, `<!-- choices: Union -->`, `<!-- columns: all -->`
or `<!-- synonyms: all -->` and `<!-- end -->` comes from the program. In every document, what follows `$ bprun …` in a
console block is what the program answers. gallery.md comes from the examples themselves, which are run.
tests/test_docs.py proves that all is fresh.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from docs import gallery
from docs.reading import DOCUMENTS, answered, replay
from docs.tables import table

_MARKED = re.compile(r"(<!-- (keys|choices|synonyms|columns): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def marked(text: str) -> list[tuple[str, str]]:
    """The tables that a document has: `keys` with the name of a model, `choices` with that of a place for choices."""
    return [(found[2], found[3]) for found in _MARKED.finditer(text)]


def with_tables(text: str) -> str:
    """A document with every marked table as it should be."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{table(found[2], found[3])}\n\n{found[4]}", text)


def main() -> int:
    gallery.PAGE.write_text(gallery.page(gallery.outcomes()), encoding="utf-8")
    for path in DOCUMENTS:
        text = with_tables(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(answered(text, replay(text, Path(folder))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
