"""A study as a notebook shows it: findings, fates, and the best runs beside the baseline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bprunner.figures.study_fates import LOOKS
from bprunner.runs import notebook_html as html
from bprunner.runs.study_tables import best_runs
from bprunner.spec.describing import network_line, training_line
from bprunner.sweeps.facts import Facts
from bprunner.sweeps.study import Study


def study_html(study: Study, findings: Sequence[str], most: int) -> str:
    """most: so many runs besides the baseline have a row. Raises StorageError where the study cannot be read."""
    return html.block(*_parts(study, findings, most))


def _parts(study: Study, findings: Sequence[str], most: int) -> Iterator[str]:
    baseline = study.baseline.experiment
    told = f"baseline {baseline.name}: {network_line(baseline)} · {training_line(baseline)}"
    yield html.head(study.name, ["" if study.title == study.name else study.title, told])
    yield html.bullets(findings)
    facts = Facts(study) if len(study) else None
    if facts is None or not facts.count:
        yield html.paragraph("No run beside the baseline is done.")
        return
    yield _fates(facts)
    table = best_runs(facts, most)
    yield html.table(table.headings, table.rows, table.numbers, bold=int(facts.has_baseline))
    yield html.paragraph(f"{table.caption} compare() and table have all that is known of them.")


def _fates(facts: Facts) -> str:
    """How many runs ended how, from best to worst."""
    fates = facts.fates.tolist()
    counts = [(look.colour, f"{fates.count(fate):,} {fate}") for fate, look in LOOKS.items() if fate in fates]
    return f'<p style="margin:.5em 0">{"".join(html.marked(colour, words) for colour, words in counts)}</p>'
