"""The integral over the unobserved end of a customer that the Pareto/NBD likelihood rests on, with its derivatives.

For a customer with x repeat purchases it is the chance, times a common factor, of having left after τ:

    G(x, τ) = ∫ over e from τ to ∞ of  s (α + e)^−(r + x) (β + e)^−(s + 1)  de

The published forms write it with Gauss's 2F1, one form for α above β and another for α below. Here it is a sum over
nodes: with u = ln of (min(α, β) + e) the logarithm of the integrand is concave in u and smooth within a distance of π
of the real line, so that a few dozen nodes between its top, its bend and the point where it is negligible give all
digits, for any parameters. All terms are positive: nothing cancels. The derivatives come from the same nodes, which
2F1 does not offer. Sources: Fader and Hardie (2005), *A note on deriving the Pareto/NBD model and related
expressions*; Fader, Hardie and Lee (2005), *A note on implementing the Pareto/NBD model in MATLAB*.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.lifetime.quadrature import flat_nodes

__all__ = ["Tail", "log_share", "tail"]

Floats = NDArray[np.float64]

#: Nodes of each of up to three pieces.
_NODES = 48
#: Where the logarithm of the integrand has fallen by this much, the rest is below the last digit.
_NEGLIGIBLE = 42.0
#: Rows whose nodes are held at once.
_ROWS = 8_192


class Tail(NamedTuple):
    """G relative to the chance of living to τ, and moments of e over the integrand.

    Attributes
    ----------
    log_share : ndarray, shape (n,)
        ln of G ÷ ((α + τ)^−(r + x) (β + τ)^−s), a share between 0 and 1.
    moments : ndarray, shape (n, 5, 5)
        Means of the products of 1, ln(1 + e ÷ α), α ÷ (α + e), ln(1 + e ÷ β) and β ÷ (β + e).
    """

    log_share: Floats
    moments: Floats


class _Pieces(NamedTuple):
    """The integrand of each row, exp(−k u − q ln((e^u + D) ÷ (1 + D))) for u from 0, and where its pieces end."""

    k: Floats
    q: Floats
    bend: Floats
    top: Floats
    edges: tuple[Floats, ...]

    def log_at(self, u: Floats, rows: NDArray[np.intp] | slice = slice(None)) -> Floats:
        """Logarithm of the integrand less its largest value; u of shape (rows, nodes)."""
        k, q, bend, top = (part[rows, None] for part in (self.k, self.q, self.bend, self.top))
        return np.asarray(-k * u - q * _lifted(u, bend) - top)


def tail(r: float, alpha: float, s: float, beta: float, frequency: Floats, start: Floats) -> Tail:
    """G and its moments for each row.

    Parameters
    ----------
    r, alpha, s, beta : float
    frequency, start : ndarray, shape (n,)
        x and τ.

    Examples
    --------
    With α = β the integral has a closed form, and the share is s ÷ (r + s + x).

    >>> found = tail(0.5, 4.0, 1.5, 4.0, np.array([2.0]), np.array([3.0]))
    >>> round(float(np.exp(found.log_share[0])), 12), found.moments[0, 0, 0].round(12)
    (0.375, np.float64(1.0))
    """
    parts = [
        _tail(r, alpha, s, beta, frequency[at : at + _ROWS], start[at : at + _ROWS])
        for at in range(0, max(len(frequency), 1), _ROWS)
    ]
    return Tail(np.concatenate([part.log_share for part in parts]), np.concatenate([part.moments for part in parts]))


def log_share(r: float, alpha: float, s: float, beta: float, frequency: Floats, start: Floats) -> Floats:
    """The first part of `tail` alone."""
    out = np.empty(len(frequency))
    for at in range(0, len(frequency), _ROWS):
        x, begin = frequency[at : at + _ROWS], start[at : at + _ROWS]
        pieces, factor = _pieces(r, alpha, s, beta, x, begin)
        total = np.zeros(len(x))
        for rows, u, weight in _nodes(pieces):
            total[rows] += (np.exp(pieces.log_at(u, rows)) * weight).sum(axis=1)
        out[at : at + _ROWS] = np.log(total) + pieces.top + factor
    return out


def _tail(r: float, alpha: float, s: float, beta: float, x: Floats, start: Floats) -> Tail:
    pieces, factor = _pieces(r, alpha, s, beta, x, start)
    sums = np.zeros((len(x), 5, 5))
    for rows, u, weight in _nodes(pieces):
        density = np.exp(pieces.log_at(u, rows)) * weight
        grown, lifted = u, _lifted(u, pieces.bend[rows, None])
        if beta < alpha:
            grown, lifted = lifted, grown
        begin = start[rows, None]
        features = np.empty((len(u), 5, u.shape[1]))
        features[:, 0] = 1.0
        features[:, 1] = np.log1p(begin / alpha) + grown
        features[:, 2] = alpha / (alpha + begin) * np.exp(-grown)
        features[:, 3] = np.log1p(begin / beta) + lifted
        features[:, 4] = beta / (beta + begin) * np.exp(-lifted)
        sums[rows] += (features * density[:, None, :]) @ features.transpose(0, 2, 1)
    total = sums[:, 0, 0].copy()
    return Tail(np.log(total) + pieces.top + factor, sums / total[:, None, None])


def _lifted(u: Floats, bend: Floats) -> Floats:
    """ln((e^u + D) ÷ (1 + D)): the log of the larger parameter plus e, from its value at τ."""
    return np.asarray(u + np.log1p(bend * np.exp(-u)) - np.log1p(bend))


def _pieces(r: float, alpha: float, s: float, beta: float, x: Floats, start: Floats) -> tuple[_Pieces, Floats]:
    """The integrand in u, and the logarithm of what stands before it."""
    bend = abs(alpha - beta) / (min(alpha, beta) + start)
    if beta < alpha:
        k, q, factor = np.full_like(x, s), r + x, np.full_like(x, np.log(s))
    else:
        k, q, factor = r + x - 1, np.full_like(x, s + 1), np.log(s) - np.log1p(bend)
    # The top lies at 0, or where k is negative between 0 and the bend.
    share = np.where(k < 0, -k / q, 0.0)
    with np.errstate(divide="ignore"):
        peak = np.maximum(np.log(share * bend / (1 - share)), 0.0)
        turn = np.maximum(np.log(bend), 0.0)
    pieces = _Pieces(k, q, bend, np.zeros_like(x), ())
    top = pieces.log_at(peak[:, None])[:, 0]
    # Concave, so that Newton's method comes down from the right without passing the end.
    end = np.maximum((_NEGLIGIBLE - top + q * np.log1p(bend)) / (k + q), peak)
    pieces = pieces._replace(top=top)
    for _ in range(12):
        over = pieces.log_at(end[:, None])[:, 0] + _NEGLIGIBLE
        end = np.maximum(end + over / (k + q / (1 + bend * np.exp(-end))), peak)
    return pieces._replace(edges=(np.zeros_like(x), peak, np.clip(turn, peak, end), end)), factor


def _nodes(pieces: _Pieces):  # type: ignore[no-untyped-def]
    """Rows, nodes and weights of each piece that has a length; nodes lie closer together at the top and the bend."""
    y, weight = flat_nodes(_NODES)
    zero, peak, turn, end = pieces.edges
    for first, last, power in ((peak, zero, 2), (peak, turn, 1), (turn, end, 2)):
        rows = np.flatnonzero(first != last)
        if len(rows):
            length = (last - first)[rows, None]
            yield rows, first[rows, None] + length * y**power, np.abs(length) * weight * power * y ** (power - 1)
