"""Jobs of CI on local AWS, with the roles that the backend made for them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.integration.conftest import Clone
from tests.ops.ci.forges import TOKEN, FakeGitHub, serving

REPOSITORY = "acme/payments"
SETTINGS = f'\n[ci]\nrepository = "{REPOSITORY}"\n'
REVIEW_KEY = "k" * 32


@dataclass(frozen=True, slots=True)
class Jobs:
    """Runs `payctl ci` as the workflows do: in an account, with nothing but the role of the job."""

    clone: Clone
    forge: FakeGitHub
    folder: Path

    def run(self, role: str, place: str, *words: str, code: int = 0) -> CompletedProcess[str]:
        """Runs `payctl ci …` as a role of dev, for a job in an environment of GitHub's."""
        return self.clone.run("ci", *words, code=code, env=self._variables(role, place))

    def outputs(self) -> dict[str, str]:
        """Returns what the last job handed to the next ones."""
        return dict(line.split("=", 1) for line in self._output.read_text().splitlines())

    @property
    def _output(self) -> Path:
        return self.folder / "output"

    def _variables(self, role: str, place: str) -> dict[str, str]:
        got = assume(self.clone, role, place)
        return {
            **self.clone.variables(),
            "AWS_ACCESS_KEY_ID": got["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": got["SecretAccessKey"],
            "AWS_SESSION_TOKEN": got["SessionToken"],
            "GITHUB_API_URL": self.forge.base,
            "GITHUB_OUTPUT": str(self._output),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": TOKEN,
            "PAYCTL_REVIEW_KEY": REVIEW_KEY,
        }


@contextmanager
def working(clone: Clone, folder: Path) -> Iterator[Jobs]:
    """Yields the jobs of a clone, with a GitHub to write to."""
    with serving(FakeGitHub()) as forge:
        yield Jobs(clone, forge, folder)


def assume(clone: Clone, role: str, place: str) -> Mapping[str, str]:
    """Returns credentials of dev's role, exchanged for the token of a job in an environment of GitHub's."""
    sts = clone.client("sts")
    # AWS takes this call without a signature; local AWS refuses whatever has none.
    sts.meta.events.register_first("choose-signer.sts.AssumeRoleWithWebIdentity", lambda **_: "v4")
    account = sts.get_caller_identity()["Account"]
    got: Mapping[str, str] = sts.assume_role_with_web_identity(
        RoleArn=f"arn:aws:iam::{account}:role/payments-dev-ci-{role}",
        RoleSessionName="ci",
        WebIdentityToken=_token(place),
    )["Credentials"]
    return got


def _token(place: str) -> str:
    """Returns a token with GitHub's claims; local AWS compares them with the role's trust, unsigned."""
    claims = {
        "iss": "https://token.actions.githubusercontent.com",
        "aud": "sts.amazonaws.com",
        "sub": f"repo:{REPOSITORY}:environment:{place}",
    }
    return ".".join((_part({"alg": "RS256", "typ": "JWT"}), _part(claims), "unsigned"))


def _part(value: Mapping[str, Any]) -> str:
    """Returns one part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
