"""Hyperparameter sweeps with Optuna (the extra ``sweep``): many trainings with different settings."""

from inknet.extras import import_extra

import_extra("optuna", "a sweep")

from inknet.sweep.plan import Plan
from inknet.sweep.results import Finalist, Results, TrialResult
from inknet.sweep.space import parse_space
from inknet.sweep.sweep import Sweep

__all__ = ["Finalist", "Plan", "Results", "Sweep", "TrialResult", "parse_space"]
