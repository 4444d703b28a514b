"""Trial plan of an adoption on an empty state, before anything is written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from constructs_lib.settings.environments import EnvironmentErrors
from constructs_lib.settings.estate import Adoption, EstateSettings
from constructs_lib.settings.schema import Environment
from constructs_lib.state.layout import prepare_stack_folder
from ops import checkout
from ops.errors import Problem
from ops.estate.adopt.plans import Plan
from ops.progress import Waiting
from ops.target import Target
from ops.terraform import terraform


@dataclass(frozen=True, slots=True)
class Trial:
    """Represents a folder for trial plans, separate from the folder of deployments."""

    target: Target
    folder: Path

    @classmethod
    def of(cls, target: Target) -> Trial:
        """Returns a trial in an empty folder of its target."""
        folder = checkout.state_folder() / "adopt" / target.scope / target.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        return cls(target, folder)

    def synthesize(self, estate: EstateSettings) -> dict[str, Any]:
        """Synthesizes the stack with these estate settings. Raises a Problem if they are invalid."""
        with Waiting(f"synthesize {self.target.name}"):
            from cdktf import App

            from constructs_lib.payments.stack import PaymentStack

            app = App(outdir=str(self.folder))
            environment: Environment = replace(self.target.environment, estate=estate)
            try:
                PaymentStack(app, environment, variables=os.environ)
            except EnvironmentErrors as errors:
                raise Problem(str(errors), hint="Nothing was written.") from errors
            app.synth()
        document: dict[str, Any] = json.loads(self._file.read_text())
        return document

    def plan(self, estate: EstateSettings, adoptions: Iterable[Adoption]) -> Plan:
        """Returns the plan that imports these adoptions into an empty state, which is deleted afterwards."""
        document = self.synthesize(estate)
        del document["terraform"]["backend"]
        for named in document["resource"].values():
            for body in named.values():
                # Terraform stops at the first replacement of a protected resource and shows no plan.
                body.get("lifecycle", {}).pop("prevent_destroy", None)
        self._file.write_text(json.dumps(document))
        prepare_stack_folder(self._stack, workspace=self.target.name)
        (self._stack / "terraform.tfstate.d" / self.target.name).mkdir(parents=True, exist_ok=True)
        addresses = [it.address for it in adoptions]
        planfile = self._stack / "trial.tfplan"
        try:
            terraform.init(self._stack, self.target.variables)
            terraform.plan(self._stack, self.target.variables, out=planfile, show=False, targets=addresses)
            return Plan(terraform.show(self._stack, planfile, self.target.variables))
        finally:
            planfile.unlink(missing_ok=True)

    @property
    def _stack(self) -> Path:
        return self.folder / "stacks" / f"payments-{self.target.name}"

    @property
    def _file(self) -> Path:
        return self._stack / "cdk.tf.json"
