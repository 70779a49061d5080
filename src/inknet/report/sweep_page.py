"""The report on a sweep: one page with figures and tables."""

import html
from pathlib import Path
from typing import Any

from inknet.report.document import Section, table, write_document
from inknet.report.sweep_plots import plot_finalists, plot_importances, plot_settings, plot_time
from inknet.sweep import Results, TrialResult
from inknet.sweep.space import Value, format_space

__all__ = ["write_sweep_report"]


def write_sweep_report(results: Results, folder: Path) -> dict[str, Any]:
    """Write ``report.html`` and its figures to a folder, which is created if it does not exist.

    Returns
    -------
    dict
        The results as plain values, and the paths of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plan, best = results.plan, results.best
    searched = "; ".join(f"{name} {text}" for name, text in format_space(plan.space).items())
    lead = (
        f"Searched: {html.escape(searched)}.<br>Up to {plan.epochs} epochs per trial, judged by the accuracy of its"
        f" best epoch on {plan.held_out:,} held-out training images."
    )
    facts = [
        ("best accuracy", "none" if best is None else _percent(best.accuracy)),
        ("trials", str(len(results.trials))),
        ("pruned", str(len(results.trials) - len(results.complete))),
        ("hours of training", f"{sum(trial.seconds for trial in results.trials) / 3600:.2f}"),
    ]
    report, pictures = write_document(folder, f"Sweep {results.study}", lead, facts, _sections(results))
    return {**results.as_dict(), "report": report, "pictures": pictures}


def _sections(results: Results) -> list[Section]:
    sections = []
    names = [name for name in results.plan.space if any(name in trial.settings for trial in results.trials)]
    if results.finalists:
        with_sizes = any("hidden" in finalist.settings for finalist in results.finalists)
        sections.append(
            Section(
                "finalists",
                "Finalists",
                "Trained again from new seeds: the mean and the standard deviation of the accuracy.",
                plot_finalists(results.finalists) if with_sizes else None,
                _finalist_table(results, names),
            )
        )
    if any(trial.accuracy is not None for trial in results.trials):
        text = "Each mark is a trial. Trials far below the others are only in the table."
        sections += [
            Section("settings", "Accuracy by size and learning rate", text, plot_settings(results)),
            Section("time", "Accuracy by training time", text, plot_time(results)),
        ]
    if results.importances:
        text = (
            "How much each setting decides whether a trial is among the best (PED-ANOVA). With few trials this is a"
            " rough estimate."
        )
        sections.append(Section("importances", "Importance of the settings", text, plot_importances(results)))
    ordered = sorted(
        results.trials, key=lambda trial: (trial.state != "complete", -(trial.accuracy or 0), trial.number)
    )
    trials = table(
        ["trial", "accuracy", *names, "epochs", "seconds", ""], [_trial_row(trial, names) for trial in ordered]
    )
    return [*sections, Section("trials", "All trials", "Best first.", table=trials)]


def _finalist_table(results: Results, names: list[str]) -> str:
    rows = [
        [
            _percent(finalist.mean),
            "" if finalist.sd is None else f"{100 * finalist.sd:.2f}",
            str(len(finalist.accuracies)),
            *(_word(finalist.settings.get(name)) for name in names),
            f"{finalist.parameters:,}",
            f"{finalist.seconds:.1f}",
        ]
        for finalist in results.finalists
    ]
    return table(["accuracy", "± sd", "seeds", *names, "parameters", "seconds"], rows)


def _trial_row(trial: TrialResult, names: list[str]) -> list[str]:
    state = "" if trial.state == "complete" else trial.state
    retry = "" if trial.retry_of is None else f"retry of {trial.retry_of}"
    return [
        str(trial.number),
        _percent(trial.accuracy),
        *(_word(trial.settings.get(name)) for name in names),
        str(trial.epochs),
        f"{trial.seconds:.1f}",
        ", ".join(word for word in (state, retry) if word),
    ]


def _word(value: Value | None) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"
