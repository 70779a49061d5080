"""The floor by weights that stand input by input in memory, as inknet keeps them: the products are faster so."""

from benchmarks.contenders import floor
from benchmarks.turns import Job
from benchmarks.work import Training

__all__ = ["train"]


def train(work: Training) -> Job:
    return floor.train(work, order="F")
