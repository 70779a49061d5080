"""Mutation testing: which small errors in a module do its own tests notice?

Samples mutants of each module (an operator, a comparison, a constant, a condition), runs the module's tests against
each in a throwaway copy, and prints how many were killed and the diffs of those that survived. Needs cosmic-ray:

    .venv/bin/python -m pip install cosmic-ray
    .venv/bin/python -m tests.robustness.mutate mlp digits/raster --per-module 20 --seed 1

``equivalent_mutants.toml`` lists mutants that no test can kill, with the reason; they are not counted.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = Path("src/inknet")
#: What the tests of a module read besides the module itself.
COPIED = ("src", "tests", "models", "pyproject.toml")
LINKED = ("data", "web", "examples", "docs", "scripts", "deploy", "benchmarks", "experiments", "README.md")
#: Modules whose tests are not, or not only, in the file that mirrors them; paths below src/inknet and tests.
TESTS = {
    "mlp/checks.py": ["mlp/test_checks.py", "mlp/test_network.py"],
    "mlp/backpropagation.py": ["mlp/test_gradients.py", "mlp/test_backpropagation.py"],
    "mlp/network.py": ["mlp/test_network.py", "mlp/test_properties.py"],
    "mlp/parameters.py": ["mlp/test_layer.py", "mlp/test_properties.py"],
    "mlp/perceptron.py": ["mlp/test_network.py", "mlp/test_layer.py", "mlp/test_fixed.py", "mlp/test_properties.py"],
    "mlp/training/data.py": ["mlp/training/test_data.py", "mlp/training/test_trainer.py"],
    "mlp/training/options.py": ["mlp/training/test_options.py", "mlp/training/test_early_stopping.py"],
    "mlp/training/state.py": ["mlp/training/test_trainer.py", "mlp/training/test_state.py"],
    "mlp/training/steppers/scaled.py": ["mlp/training/steppers/test_plain.py"],
    "mlp/training/trainer.py": [f"mlp/training/test_{name}.py" for name in ("trainer", "early_stopping", "interrupts")],
    "mlp/training/steppers/choose.py": ["mlp/training/steppers"],
    "mlp/training/steppers/stepper.py": ["mlp/training/steppers"],
}
#: cosmic-ray's operators that change what a line computes; the rest change decorators, exceptions and variables.
OPERATORS = (
    "AddNot",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator",
    "ReplaceBreakWithContinue",
    "ReplaceComparisonOperator",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator",
    "ZeroIterationForLoop",
)


@dataclass(frozen=True)
class Mutant:
    """One mutated line of a module, and the whole mutated source."""

    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"  line {self.line}:\n    - {self.before}\n    + {self.after}"


def sample_mutants(source: str, count: int, rng: Random) -> list[Mutant]:
    """Return up to `count` mutants, each at a random place and by a random operator that applies there."""
    # parso has an import cycle that only works in this order.
    import parso.python.tree  # noqa: F401
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    names = [name for name in operator_names() if _is_sampled(name.removeprefix("core/"))]
    operators = [get_operator(name)() for name in names]
    tree = get_ast(source)
    places: dict[tuple[object, object], list[tuple[int, int]]] = {}
    for number, operator in enumerate(operators):
        positions = ((node, position) for node in ast_nodes(tree) for position in operator.mutation_positions(node))
        for occurrence, (node, position) in enumerate(positions):
            if not (_in_declaration(node) or _is_asserted(node)):
                places.setdefault(position, []).append((number, occurrence))
    chosen = sorted(places, key=str)
    rng.shuffle(chosen)
    mutants: list[Mutant] = []
    for place in chosen:
        if len(mutants) == count:
            break
        number, occurrence = rng.choice(places[place])
        mutated = mutate_code(source, operators[number], occurrence)
        mutant = _compare(source, mutated) if mutated else None
        if mutant is not None:
            mutants.append(mutant)
    return mutants


def _is_sampled(operator: str) -> bool:
    # Identity and equality are the same for None, booleans and small integers.
    return operator.startswith(OPERATORS) and not operator.endswith(
        ("_Eq_Is", "_Is_Eq", "_NotEq_IsNot", "_IsNot_NotEq")
    )


def _in_declaration(node: object) -> bool:
    """Return whether a node of parso's tree is in an annotation or a decorator, or tells type checkers apart."""
    child: Any = node
    if child.type == "if_stmt" and child.children[1].get_code().strip() == "TYPE_CHECKING":
        return True
    while (parent := getattr(child, "parent", None)) is not None:
        kind = parent.type
        if kind == "decorator":
            return True
        if kind == "annassign" and child is parent.children[1]:
            return True
        if kind == "tfpdef" and child is not parent.children[0]:
            return True
        if kind == "funcdef" and child is parent.annotation:
            return True
        child = parent
    return False


def _is_asserted(node: Any) -> bool:  # noqa: ANN401 - a node of parso's tree
    """Return whether a node is the value of `strict=True`: an assertion, which changes nothing where it holds."""
    argument = node.parent
    return argument is not None and argument.type == "argument" and argument.get_code().strip().startswith("strict=")


def _compare(source: str, mutated: str) -> Mutant | None:
    """Return the mutant with its first changed line; None if it does not compile or is the same program."""
    import ast

    try:
        if ast.dump(ast.parse(source)) == ast.dump(ast.parse(mutated)):
            return None
    except SyntaxError:
        return None
    pairs = zip(source.splitlines(), mutated.splitlines(), strict=False)
    for line, (before, after) in enumerate(pairs, 1):
        if before != after:
            return Mutant(line, before.strip(), after.strip(), mutated)
    return None


def modules(selections: Sequence[str]) -> Iterator[str]:
    """Yield the modules below src/inknet in files or folders, as paths relative to it."""
    for selection in selections:
        path = ROOT / PACKAGE / selection
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        yield from (file.relative_to(ROOT / PACKAGE).as_posix() for file in files if file.name != "__init__.py")


def tests_of(module: str) -> list[str]:
    """Return the test files of a module, as paths below the root."""
    path = Path(module)
    names = TESTS.get(module, [(path.parent / f"test_{path.name}").as_posix()])
    return [f"tests/{name}" for name in names if (ROOT / "tests" / name).exists()]


def run_tests(copy: Path, tests: Sequence[str], timeout: float, *, silent: bool = True) -> bool | None:
    """Run tests in a fork of this process, which has the slow imports already; None if they took too long."""
    child = os.fork()
    if child == 0:
        _run_forked(copy, tests, silent)
    deadline = time.monotonic() + timeout
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.02)


def _run_forked(copy: Path, tests: Sequence[str], silent: bool) -> None:
    import pytest

    os.setsid()
    os.chdir(copy)
    # Tests send it; a shell lets its background jobs ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if silent:
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
    # Before the editable install of the checkout, here and in the processes that tests start.
    paths = [str(copy / "src"), str(copy)]
    sys.path[:0] = paths
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not performance and not browser"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is imported already
    code = 1
    try:
        code = int(pytest.main([*options, *tests]))
    finally:
        os._exit(code)


def measure(copy: Path, module: str, count: int, seed: int, equivalent: Sequence[dict[str, str]]) -> tuple[int, int]:
    """Print what becomes of a module's mutants; return how many were killed and how many counted."""
    tests = tests_of(module)
    if not tests:
        print(f"{module}: no tests, which counts as a survivor", flush=True)
        return 0, 1
    target = copy / PACKAGE / module
    source = target.read_text(encoding="utf-8")
    start = time.monotonic()
    if not run_tests(copy, tests, timeout=600):
        run_tests(copy, tests, timeout=600, silent=False)
        raise SystemExit(f"{module}: {', '.join(tests)} fail without any mutation")
    # numpy and hypothesis vary; an endless loop does not end.
    timeout = 3 * (time.monotonic() - start) + 5
    known = {(entry["before"], entry["after"]) for entry in equivalent if entry["module"] == module}
    mutants = sample_mutants(source, count, Random(f"{seed} {module}"))
    counted = [mutant for mutant in mutants if (mutant.before, mutant.after) not in known]
    survivors = []
    for mutant in counted:
        target.write_text(mutant.source, encoding="utf-8")
        if run_tests(copy, tests, timeout):
            survivors.append(mutant)
    target.write_text(source, encoding="utf-8")
    killed = len(counted) - len(survivors)
    aside = f", {len(mutants) - len(counted)} equivalent" if len(mutants) > len(counted) else ""
    print(f"{module}: {killed} of {len(counted)} killed{aside}", *survivors, sep="\n", flush=True)
    return killed, len(counted)


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the mutants of modules that their tests kill.")
    parser.add_argument("modules", nargs="+", help="files or folders below src/inknet, such as mlp/losses or digits")
    parser.add_argument("--per-module", type=int, default=10, help="mutants per module (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample (default: 0)")
    options = parser.parse_args()
    listed = tomllib.loads(Path(__file__).with_name("equivalent_mutants.toml").read_text(encoding="utf-8"))
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    _import_slow_packages()
    with tempfile.TemporaryDirectory(prefix="inknet-mutants-") as folder:
        copy = Path(folder)
        for name in COPIED:
            _copy(ROOT / name, copy / name)
        for name in LINKED:
            (copy / name).symlink_to(ROOT / name)
        results = {
            module: measure(copy, module, options.per_module, options.seed, listed.get("mutant", []))
            for module in modules(options.modules)
        }
    print("\n| module | killed | of |\n| --- | ---: | ---: |")
    for module, (killed, count) in results.items():
        print(f"| {module} | {killed} | {count} |")
    below = [module for module, (killed, count) in results.items() if killed < 0.9 * count]
    sys.exit(f"below 90 %: {', '.join(below)}" if below else 0)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _import_slow_packages() -> None:
    """Import what most tests import, once, before the forks."""
    import hypothesis  # noqa: F401
    import numpy.random  # noqa: F401
    import PIL.Image  # noqa: F401
    import pytest  # noqa: F401
    import threadpoolctl  # noqa: F401


if __name__ == "__main__":
    main()
