"""What an environment publishes: by its path, what it is; imports nothing slow."""

from __future__ import annotations

# A path is part of what others rely on: it is never given to anything else.
PUBLISHED = {
    "alerts/cost": "ARN of the topic that tells of costs",
    "alerts/ops": "ARN of the topic that tells of operations: alarms, failures",
    "alerts/security": "ARN of the topic that tells of security: findings",
    "api/id": "Id of the REST API",
    "api/url": "Base URL of the API, stage included, without a slash at its end",
    "artifacts/bucket": "Name of the bucket that holds the code of machines",
    "audit/bucket": "Name of the bucket that keeps every event",
    "bus/arn": "ARN of the event bus on which every payment event is put",
    "dashboards/cost": "Name of the dashboard Cost",
    "dashboards/operations": "Name of the dashboard Operations",
    "dashboards/security": "Name of the dashboard Security",
    "fleet/name": "Name of the Auto Scaling group of workers",
    "fleet/role": "ARN of the role of the workers",
    "functions/authorizer": "ARN of the alias of the function that knows merchants by their keys",
    "functions/event-handler": "ARN of the alias of the function that keeps events as evidence",
    "functions/payment-processor": "ARN of the alias of the function behind the API",
    "functions/rotation": "ARN of the alias of the function that renews the secret",
    "functions/sweeper": "ARN of the alias of the function that settles what was left open",
    "functions/webhook-sender": "ARN of the alias of the function that sends events to merchants",
    "key/arn": "ARN of the key that encrypts everything that is stored",
    "pepper/arn": "ARN of the secret that goes into hashes of merchants' keys",
    "queue/dead-letters": "URL of the queue of events that nobody could process",
    "queue/url": "URL of the queue from which events are processed",
    "settlements/dead-letters": "URL of the queue of settlement jobs that no worker could do",
    "settlements/url": "URL of the queue of settlement jobs, from which the workers take theirs",
    "table/name": "Name of the table of payments, ledger and events",
    "vpc/id": "Id of the VPC of functions and machines",
    "web-acl/arn": "ARN of the web ACL in front of the API",
    "webhooks/dead-letters": "URL of the queue of webhook messages that nobody could read",
    "webhooks/url": "URL of the queue of webhooks to send",
}
CREATED_AT = "created_at"
CREATED_AT_MEANS = "Time of the first deployment, RFC 3339 in UTC; no parameter has it"


def output(path: str) -> str:
    """What an output is called: `queue/dead-letters` gives `queue_dead_letters`."""
    return path.replace("/", "_").replace("-", "_")


def table() -> str:
    """The page docs/outputs.md: every output and parameter of an environment, as Markdown."""
    rows = [
        f"| `{output(path)}` | `/payments/<environment>/{path}` | {means} |"
        for path, means in sorted(PUBLISHED.items())
    ]
    return "\n".join([HEAD, *rows, f"| `{CREATED_AT}` | | {CREATED_AT_MEANS} |", ""])


HEAD = """\
# What an environment publishes

Made by `./payctl outputs --write`; a test compares. Two ways to read it, each with an example that a test
runs: [examples/consumer](../examples/consumer). A parameter needs `ssm:GetParameter` on its ARN. An output
needs to read the whole state: it is for those who may see all of the environment. To run the example beside a
dev that is deployed, here one that `./payctl up` made on this machine:

    eval "$(./payctl env --local)"
    cp -r examples/consumer ../consumer
    terraform -chdir=../consumer init
    terraform -chdir=../consumer apply -var environment=dev

| output | parameter | what it is |
|---|---|---|"""
