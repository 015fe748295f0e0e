"""Linear regression against NIST's StRD certified values, in digits (log relative error).

Sets with files: the reference data. Filip and Wampler3 to 5, which it lacks, stand here (public domain,
https://www.itl.nist.gov/div898/strd/lls/lls.shtml): Filip is a polynomial of degree 10 whose raw columns have a
condition number of 1.8e15; Wampler's are of degree 5 in x = 0, …, 20 with certified coefficients of 1.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import regression

FILIP_TEXT = """
0.8116 -6.860120914 0.9072 -4.324130045 0.9052 -4.358625055 0.9039 -4.358426747 0.8053 -6.955852379
0.8377 -6.661145254 0.8667 -6.355462942 0.8809 -6.118102026 0.7975 -7.115148017 0.8162 -6.815308569
0.8515 -6.519993057 0.8766 -6.204119983 0.8885 -5.853871964 0.8859 -6.109523091 0.8959 -5.79832982
0.8913 -5.482672118 0.8959 -5.171791386 0.8971 -4.851705903 0.9021 -4.517126416 0.909 -4.143573228
0.9139 -3.709075441 0.9199 -3.499489089 0.8692 -6.300769497 0.8872 -5.953504836 0.89 -5.642065153
0.891 -5.031376979 0.8977 -4.680685696 0.9035 -4.329846955 0.9078 -3.928486195 0.7675 -8.56735134
0.7705 -8.363211311 0.7713 -8.107682739 0.7736 -7.823908741 0.7775 -7.522878745 0.7841 -7.218819279
0.7971 -6.920818754 0.8329 -6.628932138 0.8641 -6.323946875 0.8804 -5.991399828 0.7668 -8.781464495
0.7633 -8.663140179 0.7678 -8.473531488 0.7697 -8.247337057 0.77 -7.971428747 0.7749 -7.676129393
0.7796 -7.352812702 0.7897 -7.072065318 0.8131 -6.774174009 0.8498 -6.478861916 0.8741 -6.159517513
0.8061 -6.835647144 0.846 -6.53165267 0.8751 -6.224098421 0.8856 -5.910094889 0.8919 -5.598599459
0.8934 -5.290645224 0.894 -4.974284616 0.8957 -4.64454848 0.9047 -4.290560426 0.9129 -3.885055584
0.9209 -3.408378962 0.9219 -3.13200249 0.7739 -8.726767166 0.7681 -8.66695597 0.7665 -8.511026475
0.7703 -8.165388579 0.7702 -7.886056648 0.7761 -7.588043762 0.7809 -7.283412422 0.7961 -6.995678626
0.8253 -6.691862621 0.8602 -6.392544977 0.8809 -6.067374056 0.8301 -6.684029655 0.8664 -6.378719832
0.8834 -6.065855188 0.8898 -5.752272167 0.8964 -5.132414673 0.8963 -4.811352704 0.9074 -4.098269308
0.9119 -3.66174277 0.9228 -3.2644011
"""
FILIP = np.fromstring(FILIP_TEXT, sep=" ").reshape(-1, 2)

FILIP_CERTIFIED = np.array(
    [
        [-1467.48961422980, 298.084530995537],
        [-2772.17959193342, 559.779865474950],
        [-2316.37108160893, 466.477572127796],
        [-1127.97394098372, 227.204274477751],
        [-354.478233703349, 71.6478660875927],
        [-75.1242017393757, 15.2897178747400],
        [-10.8753180355343, 2.23691159816033],
        [-1.06221498588947, 0.221624321934227],
        [-0.670191154593408e-01, 0.142363763154724e-01],
        [-0.246781078275479e-02, 0.535617408889821e-03],
        [-0.402962525080404e-04, 0.896632837373868e-05],
    ]
)
FILIP_RESIDUAL_SD, FILIP_R_SQUARED = 0.334801051324544e-02, 0.996727416185620

WAMPLER3 = np.array(
    [760, -2042, 2111, -1684, 3888, 1858, 11379, 17560, 39287, 64382, 113159, 175108, 273291, 400186, 581243, 811568,
     1121004, 1506550, 2002767, 2611612, 3369180], dtype=float)  # fmt: skip
WAMPLER4 = np.array(
    [75901, -204794, 204863, -204436, 253665, -200894, 214131, -185192, 221249, -138370, 315911, -27644, 455253,
     197434, 783995, 608816, 1370781, 1303798, 2205519, 2408860, 3444321], dtype=float)  # fmt: skip
WAMPLER5 = np.array(
    [7590001, -20479994, 20480063, -20479636, 25231365, -20476094, 20489331, -20460392, 18417449, -20413570, 20591111,
     -20302844, 18651453, -20077766, 21059195, -19666384, 26348481, -18971402, 22480719, -17866340, 10958421],
    dtype=float)  # fmt: skip
WAMPLER3_ERRORS = np.array(
    [2152.32624678170, 2363.55173469681, 779.343524331583, 101.475507550350, 5.64566512170752, 0.112324854679312]
)
WAMPLER3_RESIDUAL_SD, WAMPLER3_R_SQUARED, WAMPLER3_F = 2360.14502379268, 0.999995559025820, 675524.458240122


def digits(value: float, certified: float) -> float:
    """Log relative error, at most 15; absolute where the certified value is 0; infinities must agree."""
    if np.isinf(certified):
        return 15.0 if value == certified else 0.0
    error = abs(value - certified) if certified == 0 else abs(value - certified) / abs(certified)
    return 15.0 if error == 0 else min(15.0, -np.log10(error))


def fit_of(y: np.ndarray, x: np.ndarray, *, intercept: bool = True) -> regression.LinearFit:
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])]).assign(y=y)
    made = regression.design(frame, target="y", columns=list(frame.columns[:-1]), intercept=intercept)
    assert len(made.names) == x.shape[1], made.remarks
    return regression.ols(made, covariance="classical")


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    return np.column_stack([x**power for power in range(1, degree + 1)])


def certified(path: Path) -> tuple[np.ndarray, float, float, float, np.ndarray]:
    """Coefficients with standard errors, residual SD, R², F and the data of a StRD file."""
    lines = path.read_text().splitlines()
    table = np.array([[float(part) for part in line.split()[1:3]] for line in lines if re.match(r"\s+B\d+\s", line)])
    place = next(i for i, line in enumerate(lines) if line.strip() == "Residual")
    deviation = float(lines[place + 1].split()[-1])
    r_squared = float(next(line for line in lines if "R-Squared" in line).split()[-1])
    f = float(next(line for line in lines if line.startswith("Regression ")).split()[-1])
    data = np.array([[float(part) for part in line.split()] for line in lines[60:] if line.strip()])
    return table, deviation, r_squared, f, data


@pytest.mark.reference_data
@pytest.mark.parametrize(
    ("name", "degree", "intercept", "least"),
    [
        ("Norris", 1, True, 12.0),
        ("Pontius", 2, True, 12.0),
        ("NoInt1", 1, False, 13.0),
        ("Longley", 1, True, 12.0),
        ("Wampler1", 5, True, 9.0),
        ("Wampler2", 5, True, 9.0),
    ],
)
def test_certified_values_to_the_last_digits(
    reference_data: Path, name: str, degree: int, intercept: bool, least: float
) -> None:
    table, deviation, r_squared, f, data = certified(reference_data / "nist" / f"{name}.dat")
    x = powers(data[:, 1], degree) if degree > 1 else data[:, 1:]
    fit = fit_of(data[:, 0], x, intercept=intercept)
    found = {
        "coefficients": min(map(digits, fit.table["estimate"], table[:, 0])),
        "standard errors": min(map(digits, fit.table["standard_error"], table[:, 1])),
        "residual SD": digits(fit.residual_sd, deviation),
        "R²": digits(fit.r_squared, r_squared),
        "F": digits(fit.f, f),
    }
    assert min(found.values()) >= least, found


def test_filip_keeps_the_digits_that_its_columns_still_hold() -> None:
    fit = fit_of(FILIP[:, 0], powers(FILIP[:, 1], 10))
    assert min(map(digits, fit.table["estimate"], FILIP_CERTIFIED[:, 0])) >= 7
    assert min(map(digits, fit.table["standard_error"], FILIP_CERTIFIED[:, 1])) >= 7
    assert digits(fit.residual_sd, FILIP_RESIDUAL_SD) >= 8
    assert digits(fit.r_squared, FILIP_R_SQUARED) >= 10
    warning = next(remark for remark in fit.remarks if remark.code == "near_singular")
    assert warning.value == fit.condition_number > 1e9


@pytest.mark.parametrize(("y", "noise", "least"), [(WAMPLER3, 1, 12.0), (WAMPLER4, 100, 10.0), (WAMPLER5, 10_000, 8.0)])
def test_wampler_with_noise(y: np.ndarray, noise: float, least: float) -> None:
    fit = fit_of(y, powers(np.arange(21.0), 5))
    extended = np.finfo(np.longdouble).eps < np.finfo(float).eps
    assert min(map(digits, fit.table["estimate"], np.ones(6))) >= (least if extended else 6.0)
    assert min(map(digits, fit.table["standard_error"], WAMPLER3_ERRORS * noise)) >= 12
    assert digits(fit.residual_sd, WAMPLER3_RESIDUAL_SD * noise) >= 12
    if noise == 1:
        assert digits(fit.r_squared, WAMPLER3_R_SQUARED) >= 14
        assert digits(fit.f, WAMPLER3_F) >= 11


def test_a_polynomial_without_noise_is_named_an_exact_fit() -> None:
    x = np.arange(21.0)
    fit = fit_of(sum(x**power for power in range(6)), powers(x, 5))
    assert fit.residual_sd == 0 and fit.f == np.inf and fit.r_squared == 1
    assert "exact_fit" in {remark.code for remark in fit.remarks}
    assert (fit.table["standard_error"] == 0).all()
