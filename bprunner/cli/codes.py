"""Exit codes: what a script learns from `bprun`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 all well; 1 a run or its record failed; 2 the input is wrong; 3 figures disagree; 130/143 interrupted."""

    WELL = 0
    FAILED = 1
    INPUT = 2
    DISAGREE = 3
    INTERRUPTED = 130
    TERMINATED = 143
