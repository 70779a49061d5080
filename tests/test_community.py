"""The citation, issue forms, pre-commit configuration and community pages are valid."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]


def read_yaml(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return values


def test_citation_is_valid_and_matches_the_package() -> None:
    # The Citation File Format 1.2.0: its required keys, and of the others those that a software may have.
    citation = read_yaml(ROOT / "CITATION.cff")
    required = {"cff-version", "message", "title", "authors"}
    optional = {"type", "version", "license", "keywords", "abstract", "references", "date-released", "doi", "url"}
    assert required <= set(citation) <= required | optional
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (str(citation["version"]), citation["license"]) == (project["version"], project["license"])
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    for reference in citation["references"]:
        assert {"type", "title", "authors"} <= set(reference)
        assert all(set(author) == {"given-names", "family-names"} for author in reference["authors"])


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_valid(form: Path) -> None:
    # What the hosting site asks of an issue form; it shows none of a form that breaks a rule.
    values = read_yaml(form)
    assert {"name", "description", "body"} <= set(values) <= {"name", "description", "body", "title", "labels"}
    fields = [field for field in values["body"] if field["type"] != "markdown"]
    assert any(field.get("validations", {}).get("required") for field in fields)
    names = [field["id"] for field in fields]
    assert len(set(names)) == len(names)
    for field in values["body"]:
        assert set(field) <= {"type", "id", "attributes", "validations"}
        needs = {
            "markdown": "value",
            "input": "label",
            "textarea": "label",
            "dropdown": "options",
            "checkboxes": "options",
        }
        assert needs[field["type"]] in field["attributes"]


def test_issue_forms_for_each_kind() -> None:
    assert [form.stem for form in FORMS] == ["bug", "idea", "wrong_reading"]


def test_pre_commit_runs_the_checks_of_the_script() -> None:
    path = ROOT / ".pre-commit-config.yaml"
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (repository,) = read_yaml(path)["repos"]
    assert repository["repo"] == "local"
    hooks = {hook["entry"] for hook in repository["hooks"] if hook["language"] == "system"}
    script = (ROOT / "scripts" / "check").read_text(encoding="utf-8")
    commands = re.findall(r'run ("\$bin/[\w-]+"(?: format| check)?|npm run --silent \w+)', script)
    wanted = {command.replace('"$bin/', ".venv/bin/").replace('"', "") for command in commands} - {
        ".venv/bin/pip-audit"  # needs the network, so only on request
    }
    assert wanted
    assert [tool for tool in wanted if not any(hook.startswith(tool) for hook in hooks)] == []


@pytest.mark.parametrize("page", PAGES)
def test_files_and_links_on_a_page_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    files = re.findall(r"`((?:src|scripts|tests|web|models|data|deploy|docs|\.ci)/[\w./-]*)", text)
    assert [name for name in (*links, *files) if not (ROOT / name).exists()] == []
