"""A run has the same bits on any number of BLAS threads."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from threadpoolctl import threadpool_limits
import numpy as np
import bprunner
threadpool_limits(limits=int(sys.argv[1]), user_api="blas")
numbers = np.random.Generator(np.random.PCG64(7)).normal(size=(600, 74))
hidden = {"units": 32, "activation": "tanh", "bias": "none"}
run = bprunner.run({
    "name": "threads",
    "architecture": {"inputs": 64, "layers": [hidden, {"units": 10, "activation": "linear", "bias": "none"}]},
    "initial_weights": {"normal": {"scale": 0.1}, "seed": 1},
    "dataset": {"inputs": numbers[:, :64].tolist(), "targets": numbers[:, 64:].tolist()},
    "training": {"loss": "mean_squared_error", "optimizer": "gradient_descent", "learning_rate": 0.1, "epochs": 3},
})
print(np.ascontiguousarray(run.trace["weight"]).tobytes().hex())
"""


@pytest.mark.parametrize("threads", [2, 4])
def test_a_run_does_not_depend_on_the_threads_of_blas(threads: int) -> None:
    """With BLAS left to itself, sums over 600 samples part in their last bits between one thread and two."""
    alone, beside = (
        subprocess.run([sys.executable, "-c", PROGRAM, count], capture_output=True, text=True, check=True).stdout
        for count in ("1", str(threads))
    )
    assert alone == beside
