"""Loading of environments from their files."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from constructs_lib.settings.naming import ENVIRONMENT_NAME_RULE, is_environment
from constructs_lib.settings.reader import Reader, parse
from constructs_lib.settings.rules import RULES
from constructs_lib.settings.schema import (
    AnomalyMonitor,
    AwsSettings,
    Detector,
    Environment,
    SecuritySettings,
)

ENVS = Path(__file__).resolve().parents[2] / "envs"
PERMANENT = (
    "dev",
    "staging",
    "prod",
)


class EnvironmentErrors(Exception):
    """Reports all problems, one per line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def names(envs: Path = ENVS) -> tuple[str, ...]:
    """Returns the environments that have a file. Raises EnvironmentErrors for invalid file names."""
    found = sorted(file.stem for file in envs.glob("[!.]*.toml"))
    if wrong := [name for name in found if not is_environment(name)]:
        raise EnvironmentErrors(
            f"{envs.name}/{name}.toml: the name must be {ENVIRONMENT_NAME_RULE}" for name in wrong
        )
    return tuple(found)


def load(name: str, *, envs: Path = ENVS) -> Environment:
    """Returns an environment. Without a file of its own it has dev's values, but is never protected.

    It also creates no account-wide singletons and adopts no resources, because destroying it would destroy
    them. Raises EnvironmentErrors.
    """
    if not is_environment(name):
        has = ", ".join(sorted(file.stem for file in envs.glob("[!.]*.toml")))
        raise EnvironmentErrors(
            [f"environment {name!r}: must be {ENVIRONMENT_NAME_RULE}; {envs.name}/ has {has}"]
        )
    own = name in PERMANENT or os.path.lexists(envs / f"{name}.toml")
    file = envs / f"{name if own else 'dev'}.toml"
    reader = Reader()
    try:
        environment = reader.table(Environment, parse(file), name=name)
    except ValueError as error:
        raise EnvironmentErrors([f"{envs.name}/{file.name}: {error}"]) from None
    reader.check(environment, RULES)
    if reader.problems:
        raise EnvironmentErrors(f"{envs.name}/{file.name}: {problem}" for problem in reader.problems)
    return environment if own else _short_lived(environment)


def _short_lived(environment: Environment) -> Environment:
    budget = environment.budget
    if budget.anomalies is AnomalyMonitor.ACCOUNT:
        budget = replace(budget, anomalies=AnomalyMonitor.ENVIRONMENT)
    return replace(
        environment,
        protected=False,
        budget=budget,
        security=SecuritySettings(),
        estate=replace(environment.estate, adopt=(), move=()),
    )


def load_all(names: Iterable[str], *, envs: Path = ENVS) -> tuple[Environment, ...]:
    """Returns environments. Raises EnvironmentErrors with the problems of all their files."""
    environments: list[Environment] = []
    problems: list[str] = []
    for name in names:
        try:
            environments.append(load(name, envs=envs))
        except EnvironmentErrors as error:
            problems += error.problems
    problems += _second_detectors(environments, envs)
    if problems:
        raise EnvironmentErrors(dict.fromkeys(problems))
    return tuple(environments)


def _second_detectors(environments: Iterable[Environment], envs: Path) -> Iterator[str]:
    makers: dict[AwsSettings, str] = {}
    for environment in environments:
        if environment.aws.account and environment.security.guard_duty is Detector.CREATE:
            first = makers.setdefault(environment.aws, environment.name)
            if first != environment.name:
                yield (
                    f'{envs.name}/{environment.name}.toml: security.guard_duty = "create": '
                    f'must be "existing", as {first} creates the detector of the same account and region'
                )
