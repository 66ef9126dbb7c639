"""The losses of the papers, restated in numpy from their formulas: what ours must equal.

Written to be read beside the paper, with no thought of speed and nothing shared with the
package. Teacher first.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def log_softmax(z: Array, axis: int = -1) -> Array:
    z = z - z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def unit(v: Array, axis: int = -1) -> Array:
    return v / np.maximum(np.sqrt((v * v).sum(axis=axis, keepdims=True)), 1e-12)


def cross_entropy(z: Array, y: Array) -> float:
    return float(-log_softmax(z)[np.arange(len(y)), y].mean())


def kd(t: Array, s: Array, temperature: float = 4.0) -> float:
    """Hinton, Vinyals, Dean, 2015: batch mean, class sum, times T²."""
    p, q = log_softmax(t / temperature), log_softmax(s / temperature)
    return float((np.exp(p) * (p - q)).sum() * temperature**2 / len(t))


def pooled(f: Array, side: int) -> Array:
    """Averaged down to side × side, by whole cells."""
    b, c, h, _ = f.shape
    r = h // side
    return f.reshape(b, c, side, r, side, r).mean(axis=(3, 5))


def at(t: Array, s: Array) -> float:
    """Zagoruyko, Komodakis, 2016, with the means of the usual code."""
    side = min(t.shape[2], s.shape[2])
    t, s = pooled(t, side), pooled(s, side)
    maps = [unit((f**2).mean(axis=1).reshape(len(f), -1)) for f in (t, s)]
    return float(((maps[0] - maps[1]) ** 2).mean())


def sp(t: Array, s: Array) -> float:
    """Tung, Mori, 2019."""
    rows = [unit(f.reshape(len(f), -1) @ f.reshape(len(f), -1).T) for f in (t, s)]
    return float(((rows[0] - rows[1]) ** 2).sum() / len(t) ** 2)


def icc(f: Array) -> Array:
    v = f.reshape(*f.shape[:2], -1)
    return unit(np.einsum("bip,bjp->bij", v, v))


def ickd(t: Array, s: Array) -> float:
    """Liu et al., 2021, of a student map that already has the teacher's channels."""
    return float(((icc(s) - icc(t)) ** 2).sum() / (t.shape[1] * len(t)))


def batch_norm(f: Array) -> Array:
    mean, var = (g(f, axis=(0, 2, 3), keepdims=True) for g in (np.mean, np.var))
    return (f - mean) / np.sqrt(var + 1e-5)


def hint(t: Array, s: Array, weight: Array) -> float:
    """Romero et al., 2014: a 1×1 regressor, batch normalisation, ReLU."""
    guess = np.maximum(batch_norm(np.einsum("oc,bchw->bohw", weight, s)), 0)
    return float(((guess - t) ** 2).mean())


def nst(t: Array, s: Array) -> float:
    """Huang, Wang, 2017, with the polynomial kernel."""
    u, v = (unit(f.reshape(*f.shape[:2], -1)) for f in (t, s))
    kernel = lambda a, b: (np.einsum("bip,bjp->bij", a, b) ** 2).mean()  # noqa: E731
    return float(kernel(u, u) + kernel(v, v) - 2 * kernel(v, u))


def rkd_distance(t: Array, s: Array) -> float:
    """Park et al., 2019, equations 5 to 7."""

    def spread(v: Array) -> Array:
        d = np.sqrt(((v[:, None] - v[None]) ** 2).sum(-1))
        return d / d[d > 0].mean()

    e = np.abs(spread(s) - spread(t))
    return float(np.where(e < 1, e * e / 2, e - 0.5).mean())


def dist(t: Array, s: Array, temperature: float) -> float:
    """Huang et al., 2022: within rows and within classes."""
    p, q = (np.exp(log_softmax(z / temperature)) for z in (t, s))

    def correlation(axis: int) -> float:
        a, b = (v - v.mean(axis=axis, keepdims=True) for v in (p, q))
        lengths = np.sqrt((a * a).sum(axis)) * np.sqrt((b * b).sum(axis))
        return float(((a * b).sum(axis) / (lengths + 1e-8)).mean())

    return temperature**2 * (2 - correlation(-1) - correlation(0))
