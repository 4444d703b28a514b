"""User data of EC2 instances."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

SCRIPT = Path(__file__).with_name("user_data.sh.template")
PYTHON = "python3.13"
WORKER_LOG = "/var/log/worker/worker.log"
BOOT_LOG = "/var/log/cloud-init-output.log"
CLOUDWATCH = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
STOP_SECONDS = 100  # less than the two minutes' notice of Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class UserData:
    """Represents a script for Amazon Linux 2023 that fetches one exact zip and runs one of its modules.

    An instance on which a step fails stops, and so terminates: its group replaces it, and an instance refresh
    does not continue. `agent_version` makes the script depend on the agent's configuration.
    """

    bucket: str
    key: str
    sha256: str
    module: str
    environment: Mapping[str, str]
    agent_parameter: str
    agent_version: str

    def script(self) -> str:
        """Returns the script (16 KB at most); values of `environment` have no single quotes or line ends."""
        return Template(SCRIPT.read_text()).substitute(
            asdict(self),
            environment="\n".join(f"{name}='{value}'" for name, value in self.environment.items()),
            python=PYTHON,
            cloudwatch=CLOUDWATCH,
            worker_log=WORKER_LOG,
            stop_seconds=STOP_SECONDS,
        )
