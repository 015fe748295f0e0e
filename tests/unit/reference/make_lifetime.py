"""Reference values of the lifetime models, to 50 digits by mpmath from the published closed forms.

mpmath is not among the locked packages; with it installed:

    python tests/unit/reference/make_lifetime.py > tests/unit/reference/lifetime.json

The formulas are written as they are printed: Fader, Hardie and Lee (2005), Marketing Science 24, 275-284, equations 6,
8, 9 and 10; Fader and Hardie (2005), *A note on deriving the Pareto/NBD model*, equations 18, 27, 36 and 41; Fader,
Hardie and Lee (2005), *RFM and CLV*, the equation of DERT; Fader and Hardie (2013), *The Gamma-Gamma model*, 1a.
"""

from __future__ import annotations

import json
import random
import sys

import mpmath as mp

mp.mp.dps = 50
ROWS = 60


def bg_nbd(r, alpha, a, b, x, t_x, T, t, delta):
    one = mp.gamma(r + x) * alpha**r / mp.gamma(r)
    two = mp.gamma(a + b) * mp.gamma(b + x) / (mp.gamma(b) * mp.gamma(a + b + x))
    three = (alpha + T) ** -(r + x)
    four = a / (b + x - 1) * (alpha + t_x) ** -(r + x) if x else mp.mpf(0)
    likelihood = one * two * (three + four)
    ratio = 1 + (a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x) if x else 0)
    gauss = mp.hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t))
    inside = 1 - ((alpha + T) / (alpha + T + t)) ** (r + x) * gauss
    expected = (a + b + x - 1) / (a - 1) * inside / ratio
    gauss = mp.hyp2f1(r, b, a + b - 1, t / (alpha + t))
    new = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * gauss)
    chances = [_bg_chance(r, alpha, a, b, t, k) for k in range(4)]
    return {
        "log_likelihood": mp.log(likelihood),
        "alive": 1 / ratio,
        "expected": expected,
        "new": new,
        "chances": chances,
    }


def _bg_chance(r, alpha, a, b, t, k):
    first = mp.beta(a, b + k) / mp.beta(a, b) * mp.gamma(r + k) / mp.gamma(r) / mp.factorial(k)
    first *= (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** k
    if k == 0:
        return first
    parts = sum(mp.gamma(r + j) / mp.gamma(r) / mp.factorial(j) * (t / (alpha + t)) ** j for j in range(k))
    return first + mp.beta(a + 1, b + k - 1) / mp.beta(a, b) * (1 - (alpha / (alpha + t)) ** r * parts)


def pareto_nbd(r, alpha, s, beta, x, t_x, T, t, delta):
    n = r + s + x

    def part(time):
        if alpha >= beta:
            return mp.hyp2f1(n, s + 1, n + 1, (alpha - beta) / (alpha + time)) / (alpha + time) ** n
        return mp.hyp2f1(n, r + x, n + 1, (beta - alpha) / (beta + time)) / (beta + time) ** n

    front = mp.gamma(r + x) * alpha**r * beta**s / mp.gamma(r)
    living = (alpha + T) ** -(r + x) * (beta + T) ** -s
    whole = living + s / n * (part(t_x) - part(T))
    alive = living / whole
    growth = (1 - ((beta + T) / (beta + T + t)) ** (s - 1)) / (s - 1)
    expected = alive * (r + x) * (beta + T) / (alpha + T) * growth
    new = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1))
    z = delta * (beta + T)
    dert = alive * (r + x) / (alpha + T) * (beta + T) ** s * delta ** (s - 1) * mp.hyperu(s, s, z)
    chances = [_pareto_chance(r, alpha, s, beta, t, k) for k in range(4)]
    return {
        "log_likelihood": mp.log(front * whole), "alive": alive, "expected": expected, "new": new, "dert": dert,
        "chances": chances,
    }  # fmt: skip


def _pareto_chance(r, alpha, s, beta, t, k):
    def count(time):
        share = mp.gamma(r + k) / mp.gamma(r) / mp.factorial(k) * (alpha / (alpha + time)) ** r
        return share * (time / (alpha + time)) ** k

    def ended(time):
        return s / beta * (beta / (beta + time)) ** (s + 1) * count(time)

    marks = sorted({mp.mpf(0), min(alpha, t), min(beta, t), min(alpha, t) / 50, min(beta, t) / 50, t / 3, t})
    return count(t) * (beta / (beta + t)) ** s + mp.quad(ended, marks)


def gamma_gamma(p, q, gamma, x, m):
    front = mp.gamma(p * x + q) / (mp.gamma(p * x) * mp.gamma(q))
    density = front * gamma**q * m ** (p * x - 1) * x ** (p * x) / (gamma + m * x) ** (p * x + q)
    return {"log_likelihood": mp.log(density)}


def main():
    random.seed(5)
    found = {"bg_nbd": [], "pareto_nbd": [], "gamma_gamma": []}
    for number in range(ROWS):
        wide = number % 2
        span = (-2.5, 2.5) if wide else (-1.0, 0.7)
        one, three, four = (10 ** random.uniform(*span) for _ in range(3))
        rates = [10 ** random.uniform(*((-2, 4) if wide else (0, 1.5))) for _ in range(2)]
        x = random.choice([0, 0, 1, 2, 5, 26] + [300] * wide)
        T = random.choice([5.0, 38.86, 365.0])
        t_x = random.uniform(0.05, 1) * T if x else 0.0
        t = random.choice([1.0, 39.0, 520.0])
        given = {"x": x, "t_x": t_x, "T": T, "t": t, "delta": 0.0027}
        for name, function, params in (
            ("bg_nbd", bg_nbd, {"r": one, "alpha": rates[0], "a": three, "b": four}),
            ("pareto_nbd", pareto_nbd, {"r": one, "alpha": rates[0], "s": three, "beta": rates[1]}),
        ):
            known = function(*(mp.mpf(value) for value in (*params.values(), *given.values())))
            found[name].append({"params": params, **given, **{key: _plain(value) for key, value in known.items()}})
        params = {"p": one, "q": three, "gamma": rates[0]}
        given = {"x": max(x, 1), "m": 10 ** random.uniform(-1, 4)}
        known = gamma_gamma(*(mp.mpf(value) for value in (*params.values(), *given.values())))
        found["gamma_gamma"].append({"params": params, **given, **{key: _plain(value) for key, value in known.items()}})
    json.dump(found, sys.stdout, indent=0)
    sys.stdout.write("\n")


def _plain(value):
    return [float(part) for part in value] if isinstance(value, list) else float(value)


if __name__ == "__main__":
    main()
