"""What other libraries call the words of the language: for help lines, never for meaning."""

from __future__ import annotations

from collections.abc import Iterable

FUNCTIONS = {
    "kl": "kldiv kl_div kld kl_divergence kl_loss kldivloss kullback_leibler",
    "reverse_kl": "rkl reverse_kld reversekl reverse_kl_loss reverse_kl_div",
    "jsd": "js js_div js_divergence js_loss jensen_shannon jensen_shannon_divergence "
    "generalized_jsd generalized_jsd_loss",
    "skew_kl": "skewed_kl skew_kld skewed_forward_kl skew_forward_kl",
    "skew_reverse_kl": "skew_rkl skewed_reverse_kl skewed_rkl",
    "cross_entropy": "ce ce_loss xent cross_entropy_loss crossentropy crossentropyloss "
    "softmax_cross_entropy nll_loss",
    "kd": "kd_loss kdloss soft_target soft_targets distill distillation distillation_loss",
    "mse": "l2 l2_loss mse_loss mseloss mean_squared_error squared_error",
    "l1": "mae l1_loss l1loss mean_absolute_error",
    "smooth_l1": "huber huber_loss smooth_l1_loss smoothl1loss",
    "cosine": "cosine_similarity cos_sim cosine_sim cosinesimilarity",
    "distances": "cdist pdist pairwise_distance pairwise_distances",
    "normalize": "l2_normalize l2_norm l2norm l2normalize",
    "log_softmax": "logsoftmax",
    "info_nce": "infonce info_nce_loss infonceloss contrastive_loss",
    "onehot": "one_hot",
    "clamp": "clip",
    "concat": "cat concatenate",
    "detach": "stop_gradient stopgrad stop_grad sg no_grad",
    "reverse": "grl grad_reverse gradient_reversal reverse_gradient",
    "pool": "avg_pool adaptive_avg_pool2d adaptiveavgpool2d avg_pool2d",
    "linear": "dense fully_connected",
    "conv": "conv2d conv1x1 convolution",
    "deconv": "conv_transpose conv_transpose2d convtranspose2d",
    "bn": "batch_norm batchnorm batchnorm1d batchnorm2d batch_norm2d",
    "learn": "parameter param",
    "bank": "memory_bank",
    "crop": "random_crop randomcrop",
    "flip": "hflip horizontal_flip random_horizontal_flip randomhorizontalflip random_flip",
    "jitter": "colorjitter color_jitter",
    "grey": "gray grayscale randomgrayscale",
    "rotate": "randomrotation random_rotation",
    "resized_crop": "random_resized_crop randomresizedcrop",
    "center_crop": "centercrop",
}
"""functions here, and how they are called elsewhere"""
SIGNS = {
    "a @ b": "matmul mm bmm dot einsum",
    "vᵀ": "transpose permute",
    "a^b": "pow power",
    "v²": "square",
}
"""what is written with a sign here"""
KNOBS = {
    "T": "temperature temp tau τ t",
    "over": "dim axis dims axes",
    "reduce": "reduction",
    "pad": "padding",
    "k": "kernel kernel_size num_negatives negatives",
    "width": "out_features features dim units",
    "channels": "out_channels filters",
    "stride": "strides",
    "size": "length queue_size maxlen",
    "rows": "mask where",
    "momentum": "m decay",
    "smoothing": "label_smoothing smooth",
    "ε": "eps epsilon",
}
"""knobs here, and how they are called elsewhere"""
KEYS = {
    "lr": "learning_rate",
    "batch": "batch_size batchsize bs",
    "epochs": "num_epochs n_epochs max_epochs",
    "weight_decay": "wd",
    "optimizer": "optimiser optim",
    "schedule": "scheduler lr_scheduler lr_schedule",
    "drops": "milestones lr_decay_epochs",
    "factor": "gamma lr_decay_rate",
    "clip": "grad_clip clip_grad_norm",
    "adamw": "adam",
}
"""keys and values of `train:` here, and how they are called elsewhere"""


def foreign_function(name: str, known: Iterable[str]) -> str:
    """Words for a message about a function of another library; nothing where it is none.

    >>> foreign_function("KLDivLoss", ["kl"]), foreign_function("matmul", [])
    ('kdgraph calls it `kl`', 'write it as `a @ b`')
    """
    sign = _here(name, SIGNS, SIGNS)
    if sign:
        return f"write it as `{sign}`"
    return _called(_here(name, FUNCTIONS, known))


def foreign_knob(name: str, known: Iterable[str]) -> str:
    """Words for a message about a knob of another library; nothing where it is none.

    >>> foreign_knob("temperature", ["p", "T"]), foreign_knob("dim", ["width"])
    ('kdgraph calls it `T`', 'kdgraph calls it `width`')
    """
    return _called(_here(name, KNOBS, known))


def foreign_key(name: str, known: Iterable[str]) -> str:
    """Words for a message about a key of another program; nothing where it is none.

    >>> foreign_key("batch_size", ["lr", "batch"])
    'kdgraph calls it `batch`'
    """
    return _called(_here(name, KEYS, known))


def _here(name: str, words: dict[str, str], known: Iterable[str]) -> str:
    """The word of this language, if it is one of those known."""
    return next(
        (one for one in words if name.casefold() in words[one].split() and one in {*known}), ""
    )


def _called(word: str) -> str:
    return f"kdgraph calls it `{word}`" if word else ""
