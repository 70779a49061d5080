"""Reports on a model or a sweep: one HTML page with its figures."""

from inknet.extras import import_extra

import_extra("matplotlib", "a report")

from inknet.report.model_page import write_report

__all__ = ["write_report"]
