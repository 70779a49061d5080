"""What Tab offers as the value of an option.

Tab must answer at once, and the tables that have these words bring numpy with them: so they stand here again, and a
test holds them to the tables. Names of files are the shell's own to complete.
"""

from collections.abc import Callable

__all__ = ["WORDS", "one_of", "several_of"]

WORDS: dict[str, tuple[str, ...]] = {
    "recipe": ("source", "digits", "images", "drawings"),
    "activation": ("sigmoid", "tanh", "relu", "leaky-relu", "identity"),
    "output": ("sigmoid", "softmax", "identity"),
    "bias": ("node", "layer"),
    "init": ("uniform", "normal", "glorot", "he"),
    "loss": ("cross-entropy", "mean-squared-error"),
    "optimizer": ("gradient-descent", "momentum", "nesterov", "adam"),
    "schedule": ("constant", "step", "cosine", "cosine-warmup"),
    "format": ("onnx", "safetensors", "json"),
    "log": ("csv", "tensorboard"),
    "early-stopping": ("accuracy-falls", "loss-rises", "loss-flat", "no-improvement"),
}


def one_of(option: str) -> Callable[[str], list[str]]:
    """Return what completes the value of an option, which is one word.

    Examples
    --------
    >>> one_of("init")("g")
    ['glorot']
    """

    def complete(incomplete: str) -> list[str]:
        return [word for word in WORDS[option] if word.startswith(incomplete)]

    return complete


def several_of(option: str) -> Callable[[str], list[str]]:
    """Return what completes the value of an option that takes several words, with commas between, or none.

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
