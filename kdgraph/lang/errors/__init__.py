"""Every mistake kdgraph knows, one class each; a file for each hundred of codes.

KD1xx text, KD2xx sorts and axes, KD3xx names, KD4xx graph, KD5xx memory and stages,
KD6xx data, models, weights and runs. A code is never used for another mistake.
"""

from kdgraph.lang.errors.suggest import suggest

__all__ = ["suggest"]
