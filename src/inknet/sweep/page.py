"""A sweep's report: what was found, as a page and its pictures."""

import html
from dataclasses import replace
from pathlib import Path
from typing import Any

from inknet.report.document import Section, table, write_document
from inknet.sweep.plots import plot_finalists, plot_importances, plot_settings, plot_time
from inknet.sweep.results import Results, TrialResult
from inknet.sweep.space import Value

__all__ = ["write_sweep_report"]


def write_sweep_report(results: Results, folder: Path) -> dict[str, Any]:
    """Write ``report.html`` and the figures into a folder.

    Parameters
    ----------
    results : Results
    folder : Path
        Made if it is not there.

    Returns
    -------
    dict
        The results as plain values, and the paths of what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plan = results.plan
    searched = "; ".join(f"{name} {dimension}" for name, dimension in plan.space.items())
    lead = (
        f"Searched: {html.escape(searched)}.<br>Up to {plan.epochs} epochs a trial, judged by its best epoch's accuracy"
        f" on {plan.held_out:,} training images that it did not learn from."
    )
    complete = [trial for trial in results.trials if trial.state == "complete"]
    best = results.best
    facts = [
        ("best accuracy", "none" if best is None else _percent(best.accuracy)),
        ("trials", str(len(results.trials))),
        ("of them pruned", str(len(results.trials) - len(complete))),
        ("hours of training", f"{sum(trial.seconds for trial in results.trials) / 3600:.2f}"),
    ]
    report, pictures = write_document(folder, f"The sweep {results.name}", lead, facts, _sections(results))
    return {**results.as_dict(), "report": report, "pictures": pictures}


def _sections(results: Results) -> list[Section]:
    sections = []
    names = [name for name in results.plan.space if any(name in trial.settings for trial in results.trials)]
    if results.finalists:
        section = Section(
            "finalists",
            "The finalists",
            "Trained again, from seeds that no trial had: the mean, and the standard deviation of one training.",
            table=table(
                ["accuracy", "± sd", "seeds", *names, "parameters", "seconds"],
                [
                    [
                        _percent(finalist.mean),
                        "" if finalist.sd is None else f"{100 * finalist.sd:.2f}",
                        str(len(finalist.accuracies)),
                        *(_word(finalist.settings.get(name)) for name in names),
                        f"{finalist.parameters:,}",
                        f"{finalist.seconds:.1f}",
                    ]
                    for finalist in results.finalists
                ],
            ),
        )
        if any("hidden" in finalist.settings for finalist in results.finalists):
            section = replace(section, figure=plot_finalists(results.finalists))
        sections.append(section)
    text = "Each mark is a trial. Those far below the others are not shown; the table has them."
    if any(trial.accuracy is not None for trial in results.trials):
        sections += [
            Section("settings", "Accuracy by size and by learning rate", text, plot_settings(results)),
            Section("time", "Accuracy by time", text, plot_time(results)),
        ]
    if results.importances:
        text = (
            "How much it takes a good choice of each setting to be among the best trials (PED-ANOVA). Few trials tell"
            " little of it."
        )
        sections.append(Section("importances", "What matters", text, plot_importances(results.importances)))
    trials = table(
        ["trial", "accuracy", *names, "epochs", "seconds", ""], [_row(trial, names) for trial in _in_order(results)]
    )
    return [*sections, Section("trials", "All trials", "Best first.", table=trials)]


def _in_order(results: Results) -> list[TrialResult]:
    """Return the trials, those trained to the end first, and of each the best first."""
    return sorted(results.trials, key=lambda trial: (trial.state != "complete", -(trial.accuracy or 0), trial.number))


def _row(trial: TrialResult, names: list[str]) -> list[str]:
    state = "" if trial.state == "complete" else trial.state
    again = "" if trial.retry_of is None else f"{trial.retry_of} again"
    return [
        str(trial.number),
        _percent(trial.accuracy),
        *(_word(trial.settings.get(name)) for name in names),
        str(trial.epochs),
        f"{trial.seconds:.1f}",
        ", ".join(word for word in (state, again) if word),
    ]


def _word(value: Value | None) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"
