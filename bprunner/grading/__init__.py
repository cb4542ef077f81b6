"""A student's figures held against a run: right, right after an earlier wrong one, or wrong in a way with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bprunner.grading.answers import Answer, Answers, read_answers
    from bprunner.grading.grades import Grade, Grades, Mistake, Source
    from bprunner.grading.judging import Grader, grade

__all__ = ["Answer", "Answers", "Grade", "Grader", "Grades", "Mistake", "Source", "grade", "read_answers"]

# Only `grade` needs formulas, and they a second of imports.
_HOMES = {
    "Answer": "answers", "Answers": "answers", "read_answers": "answers", "Grade": "grades", "Grades": "grades",
    "Mistake": "grades", "Source": "grades", "grade": "judging", "Grader": "judging",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bprunner.grading' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"bprunner.grading.{_HOMES[name]}"), name)
