"""The report on a model: what it gets wrong, what that has to do with the drawing, and what its nodes have learned."""

from inknet.extras import import_extra

import_extra("matplotlib", "a report")

from inknet.report.page import write_report

__all__ = ["write_report"]
