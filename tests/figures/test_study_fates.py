"""Fates can be told apart, also by eyes that see no colours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from bprunner.figures.study_fates import CONVERGED, DIVERGED, FATES, LOOKS
from bprunner.sweeps import fates

# Machado, Oliveira and Fernandes (2009), severity 1: what such eyes see of linear red, green and blue.
EYES = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour: str, eyes: object) -> NDArray[np.float64]:
    """CIE L*a*b* of a colour such as #0072b2, as some eyes see it."""
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(eyes) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_fates_are_those_of_the_sweeps() -> None:
    assert FATES == fates.FATES
    assert (CONVERGED, DIVERGED) == (fates.CONVERGED, fates.DIVERGED)


def test_every_fate_has_its_own_colour_symbol_and_hatching() -> None:
    for looks in zip(*LOOKS.values(), strict=True):
        assert len(set(looks)) == len(FATES)


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
def test_colours_are_far_apart_for_all_eyes(eyes: object) -> None:
    seen = [lab(look.colour, eyes) for look in LOOKS.values()]
    assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) > 25


def test_in_grey_they_are_lighter_and_darker() -> None:
    light = sorted(lab(look.colour, np.eye(3))[0] for look in LOOKS.values())
    assert min(np.diff(light)) > 10
