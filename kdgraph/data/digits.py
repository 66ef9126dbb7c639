"""Scikit-learn's digits: 1797 real images of 8 x 8 that need no download."""

from __future__ import annotations

import numpy as np
import torch

from kdgraph.data.images import Images
from kdgraph.data.spec import DataSpec
from kdgraph.data.subset import stratified
from kdgraph.lang.diagnostics import RecipeError
from kdgraph.lang.errors.data import MissingPackage

TEST = 540
LEVELS = 16


def digits(spec: DataSpec) -> tuple[Images, Images]:
    """1257 training and 540 test images, split once and for all, equal in every class."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as problem:
        package = "scikit-learn"
        raise RecipeError(
            MissingPackage(name=spec.name, package=package, install=package, reason=str(problem))
        ) from problem
    found = load_digits()
    levels = np.rint(found.images * 255 / LEVELS).astype(np.uint8)
    labels = torch.from_numpy(found.target.astype(np.int64))
    everything = Images(
        torch.from_numpy(levels)[:, None],
        labels,
        tuple(str(one) for one in found.target_names),
    )
    test = stratified(labels, TEST)
    train = torch.ones(len(labels), dtype=torch.bool)
    train[test] = False
    return everything.take(train.nonzero()[:, 0]), everything.take(test)
