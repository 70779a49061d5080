"""Shell completion of option values.

Completion must be instant, but the registries of these names import numpy. So the names are repeated here, and a test
compares them. File names are completed by the shell.
"""

from collections.abc import Callable

__all__ = ["WORDS", "one_of", "several_of"]

WORDS: dict[str, tuple[str, ...]] = {
    "recipe": ("source", "digits", "images", "drawings"),
    "activation": ("sigmoid", "tanh", "relu", "leaky-relu", "identity"),
    "output": ("sigmoid", "softmax", "identity"),
    "bias": ("node", "layer"),
    "init": ("uniform", "normal", "glorot", "he"),
    "loss": ("cross-entropy", "mean-squared-error", "mean-absolute-error", "huber"),
    "optimizer": ("gradient-descent", "momentum", "nesterov", "adam"),
    "schedule": ("constant", "step", "cosine", "cosine-warmup"),
    "format": ("onnx", "safetensors", "json"),
    "log": ("csv", "tensorboard"),
    "early-stopping": ("accuracy-falls", "loss-rises", "loss-flat", "no-improvement"),
}


def one_of(option: str) -> Callable[[str], list[str]]:
    """Return the completion of an option that takes one word.

    Examples
    --------
    >>> one_of("init")("g")
    ['glorot']
    """

    def complete(incomplete: str) -> list[str]:
        return [word for word in WORDS[option] if word.startswith(incomplete)]

    return complete


def several_of(option: str) -> Callable[[str], list[str]]:
    """Return the completion of an option that takes several comma-separated words, or "none".

    Examples
    --------
    >>> several_of("log")("csv,")
    ['csv,tensorboard']
    """

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        words = WORDS[option] if comma else (*WORDS[option], "none")
        given = before.split(",")
        return [f"{before}{comma}{word}" for word in words if word.startswith(last) and word not in given]

    return complete
