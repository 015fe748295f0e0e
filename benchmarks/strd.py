"""NIST's Statistical Reference Datasets (StRD): reading the files, and sets that stand here.

Filip, NoInt2, Wampler3 to 5 and Michelso are copied from https://www.itl.nist.gov/div898/strd/ (public domain); NumAcc2
and NumAcc3 (Simon and Lesage 1989) are made by the rule in their description. A number is read as the nearest double,
as in every package that is held against these sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import regression

__all__ = ["LinearSet", "UnivariateSet", "exact_coefficients", "linear_sets", "univariate_sets"]

Floats = NDArray[np.float64]

#: Degree of the polynomial of each set with one column; the others take their columns as they are.
DEGREES = {"Norris": 1, "Pontius": 2, "NoInt1": 1, "NoInt2": 1, "Filip": 10} | {f"Wampler{i}": 5 for i in range(1, 6)}
LINEAR_FILES = ("Norris", "Pontius", "NoInt1", "Longley", "Wampler1", "Wampler2")
UNIVARIATE_FILES = ("Lew", "Lottery", "NumAcc1", "NumAcc4")


@dataclass(frozen=True)
class LinearSet:
    """A linear set: its columns, their certified coefficients with standard errors, and what else is certified."""

    name: str
    y: Floats
    x: Floats
    estimates: Floats
    errors: Floats
    residual_sd: float
    r_squared: float
    f: float

    @property
    def intercept(self) -> bool:
        """Whether the model has one."""
        return len(self.estimates) > self.x.shape[1]

    @property
    def frame(self) -> pd.DataFrame:
        """The set as a table: y and x1, x2, …"""
        names = [f"x{place}" for place in range(1, self.x.shape[1] + 1)]
        return pd.DataFrame(self.x, columns=names).assign(y=self.y)

    def fit(self) -> regression.LinearFit:
        """The set fitted by this project."""
        frame = self.frame
        made = regression.design(frame, target="y", columns=list(frame.columns[:-1]), intercept=self.intercept)
        return regression.ols(made, covariance="classical")


@dataclass(frozen=True)
class UnivariateSet:
    """A univariate set with its certified mean, standard deviation and autocorrelation at lag 1."""

    name: str
    y: Floats
    mean: float
    sd: float
    autocorrelation: float


def linear_sets(folder: Path | None = None) -> list[LinearSet]:
    """The sets that stand here, and those of the files in a folder."""
    files = [] if folder is None else [_read_linear(folder / f"{name}.dat") for name in LINEAR_FILES]
    return [*files, *_built_linear()]


def univariate_sets(folder: Path | None = None) -> list[UnivariateSet]:
    """The sets that stand here, and those of the files in a folder."""
    files = [] if folder is None else [_read_univariate(folder / f"{name}.dat") for name in UNIVARIATE_FILES]
    return [*files, *_built_univariate()]


def exact_coefficients(x: Floats, y: Floats, *, intercept: bool = True) -> list[Fraction]:
    """Least squares in rational arithmetic, without any rounding: what the doubles given say, to the last digit."""
    rows = [[Fraction(1)] * intercept + [Fraction(float(value)) for value in row] for row in x]
    target = [Fraction(float(value)) for value in y]
    k = len(rows[0])
    system = [
        [sum((row[i] * row[j] for row in rows), Fraction(0)) for j in range(k)]
        + [sum((row[i] * value for row, value in zip(rows, target, strict=True)), Fraction(0))]
        for i in range(k)
    ]
    for column in range(k):  # Gauss and Jordan; the matrix is positive definite, so that every pivot is above 0
        for row in range(k):
            if row != column:
                share = system[row][column] / system[column][column]
                system[row] = [a - share * b for a, b in zip(system[row], system[column], strict=True)]
    return [system[row][k] / system[row][row] for row in range(k)]


def powers(x: Floats, degree: int) -> Floats:
    """The columns x, x², …, shape (n, degree)."""
    return np.column_stack([x**power for power in range(1, degree + 1)])


def _read_linear(path: Path) -> LinearSet:
    lines = path.read_text().splitlines()
    table = np.array([line.split()[1:3] for line in lines if re.match(r"\s+B\d+\s", line)], dtype=float)
    place = next(i for i, line in enumerate(lines) if line.strip() == "Residual")
    data = np.array([line.split() for line in lines[60:] if line.strip()], dtype=float)
    return LinearSet(
        path.stem,
        data[:, 0],
        powers(data[:, 1], DEGREES[path.stem]) if path.stem in DEGREES else data[:, 1:],
        table[:, 0],
        table[:, 1],
        float(lines[place + 1].split()[-1]),
        float(next(line for line in lines if "R-Squared" in line).split()[-1]),
        float(next(line for line in lines if line.startswith("Regression ")).split()[-1]),
    )


def _read_univariate(path: Path) -> UnivariateSet:
    text = path.read_text()
    mean, sd, lag = (float(re.findall(rf"{name}:\s+(\S+)", text)[-1]) for name in ("ybar", r"  s", r"r\(1\)"))
    data = text[text.rindex("--\n") + 3 :]
    return UnivariateSet(path.stem, np.array(data.split(), dtype=float), mean, sd, lag)


def _built_linear() -> list[LinearSet]:
    filip = np.array(FILIP.split(), dtype=float).reshape(-1, 2)
    step = np.arange(21.0)
    wampler = {
        name: LinearSet(name, np.array(y.split(), dtype=float), powers(step, 5), np.ones(6), WAMPLER3_ERRORS * noise,
                        2360.14502379268 * noise, r_squared, f)
        for name, y, noise, r_squared, f in (
            ("Wampler3", WAMPLER3, 1, 0.999995559025820, 675524.458240122),
            ("Wampler4", WAMPLER4, 100, 0.957478440825662, 67.5524458240122),
            ("Wampler5", WAMPLER5, 10_000, 0.224668921574940e-02, 6.75524458240122e-03),
        )
    }  # fmt: skip
    return [
        LinearSet("NoInt2", np.array([3.0, 4, 4]), np.array([[4.0], [5], [6]]), np.array([0.727272727272727]),
                  np.array([0.420827318078432e-01]), 0.369274472937998, 0.993348115299335, 298.666666666667),
        *wampler.values(),
        LinearSet("Filip", filip[:, 0], powers(filip[:, 1], 10), FILIP_CERTIFIED[:, 0], FILIP_CERTIFIED[:, 1],
                  0.334801051324544e-02, 0.996727416185620, 2162.43954511489),
    ]  # fmt: skip


def _built_univariate() -> list[UnivariateSet]:
    pairs = np.tile([0.1, 0.3], 500)
    michelson = np.array(MICHELSON.split(), dtype=float)
    return [
        UnivariateSet("NumAcc2", np.append(1.2, np.round(1 + pairs, 1)), 1.2, 0.1, -0.999),
        UnivariateSet("NumAcc3", np.append(1_000_000.2, np.round(1_000_000 + pairs, 1)), 1_000_000.2, 0.1, -0.999),
        UnivariateSet(
            "Michelso", np.round(299 + michelson / 1000, 2), 299.852400000000, 0.790105478190518e-01, 0.535199668621283
        ),
    ]


FILIP = """
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
WAMPLER3 = """
760 -2042 2111 -1684 3888 1858 11379 17560 39287 64382 113159 175108 273291 400186 581243 811568 1121004
1506550 2002767 2611612 3369180
"""
WAMPLER4 = """
75901 -204794 204863 -204436 253665 -200894 214131 -185192 221249 -138370 315911 -27644 455253 197434 783995
608816 1370781 1303798 2205519 2408860 3444321
"""
WAMPLER5 = """
7590001 -20479994 20480063 -20479636 25231365 -20476094 20489331 -20460392 18417449 -20413570 20591111
-20302844 18651453 -20077766 21059195 -19666384 26348481 -18971402 22480719 -17866340 10958421
"""
WAMPLER3_ERRORS = np.array(
    [2152.32624678170, 2363.55173469681, 779.343524331583, 101.475507550350, 5.64566512170752, 0.112324854679312]
)
MICHELSON = """
850 740 900 1070 930 850 950 980 980 880 1000 980 930 650 760 810 1000 1000 960 960
960 940 960 940 880 800 850 880 900 840 830 790 810 880 880 830 800 790 760 800
880 880 880 860 720 720 620 860 970 950 880 910 850 870 840 840 850 840 840 840
890 810 810 820 800 770 760 740 750 760 910 920 890 860 880 720 840 850 850 780
890 840 780 810 760 810 790 810 820 850 870 870 810 740 810 940 950 800 810 870
"""
