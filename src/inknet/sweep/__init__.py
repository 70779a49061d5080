"""Hyperparameter sweeps with Optuna (the extra ``sweep``): many trainings with different settings."""

from inknet.extras import import_extra

for _package in ("optuna", "sqlalchemy"):
    import_extra(_package, "a sweep")

from inknet.sweep.finalists import Finalist
from inknet.sweep.plan import Plan
from inknet.sweep.results import Results, TrialResult
from inknet.sweep.space import Choices, Range, parse_space, read_space_file
from inknet.sweep.sweep import Sweep

__all__ = [
    "Choices",
    "Finalist",
    "Plan",
    "Range",
    "Results",
    "Sweep",
    "TrialResult",
    "parse_space",
    "read_space_file",
]
