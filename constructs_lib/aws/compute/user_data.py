"""User data of EC2 instances."""

from collections.abc import Mapping
from dataclasses import dataclass

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
        return f"""\
#!/bin/bash
set -euo pipefail
trap 'poweroff' ERR

install -d -m 0755 /opt/worker /var/log/worker
cat > /etc/worker.env <<'END'
{self._environment()}
END
set -a; source /etc/worker.env; set +a

dnf install --assumeyes --quiet amazon-cloudwatch-agent {PYTHON}

# Agent configuration {self.agent_version}
{CLOUDWATCH} -a fetch-config -m ec2 -s -c 'ssm:{self.agent_parameter}'

aws s3api get-object --bucket '{self.bucket}' --key '{self.key}' /opt/worker.zip
echo '{self.sha256}  /opt/worker.zip' | sha256sum --check --strict
{PYTHON} -m zipfile --extract /opt/worker.zip /opt/worker

cat > /etc/logrotate.d/worker <<'END'
{WORKER_LOG} {{
    size 50M
    rotate 1
    copytruncate
    missingok
}}
END
cat > /etc/systemd/system/worker.service <<'END'
{self._unit()}
END
systemctl daemon-reload
systemctl enable --now worker
"""

    def _environment(self) -> str:
        return "\n".join(f"{name}='{value}'" for name, value in self.environment.items())

    def _unit(self) -> str:
        return f"""\
[Unit]
Description={self.module}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/bin/{PYTHON} -m {self.module}
WorkingDirectory=/opt/worker
EnvironmentFile=/etc/worker.env
Environment=PYTHONUNBUFFERED=1
StandardOutput=append:{WORKER_LOG}
StandardError=inherit
Restart=always
RestartSec=5
TimeoutStopSec={STOP_SECONDS}
DynamicUser=yes
CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict

[Install]
WantedBy=multi-user.target"""
