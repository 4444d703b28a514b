"""Outputs and parameters that an environment publishes. Imports nothing slow, because commands import it."""

from constructs_lib.payments.registry import FUNCTIONS, QUEUES

# Description of each value by its path. Consumers rely on paths: a path never gets another meaning.
OUTPUTS = {
    "alerts/cost": "ARN of the topic of cost alerts",
    "alerts/ops": "ARN of the topic of operational alerts: alarms, failures",
    "alerts/security": "ARN of the topic of security alerts: findings",
    "api/id": "Id of the REST API",
    "api/url": "Base URL of the API, with its stage and without a trailing slash",
    "artifacts/bucket": "Name of the bucket of the workers' code",
    "audit/bucket": "Name of the bucket that stores every event",
    "bus/arn": "ARN of the event bus of all payment events",
    "dashboards/cost": "Name of the dashboard Cost",
    "dashboards/operations": "Name of the dashboard Operations",
    "dashboards/security": "Name of the dashboard Security",
    "fleet/name": "Name of the Auto Scaling group of workers",
    "fleet/role": "ARN of the role of the workers",
    "key/arn": "ARN of the KMS key that encrypts all stored data",
    "pepper/arn": "ARN of the secret with which API keys are hashed",
    "table/name": "Name of the table of payments, ledger and events",
    "vpc/id": "Id of the VPC of functions and machines",
    "web-acl/arn": "ARN of the web ACL in front of the API",
    **{
        f"functions/{name}": f"ARN of the alias of the function that {entry.purpose}"
        for name, entry in FUNCTIONS.items()
    },
    **{f"{name}/url": f"URL of the queue of {entry.content}" for name, entry in QUEUES.items()},
    **{
        f"{name}/dead-letters": f"URL of the dead-letter queue of {entry.content}"
        for name, entry in QUEUES.items()
    },
}
CREATED_AT = "created_at"
CREATED_AT_DESCRIPTION = "Time of the first deployment, RFC 3339 in UTC; it has no parameter"


def output_name(path: str) -> str:
    """Returns the name of an output: `webhooks/dead-letters` gives `webhooks_dead_letters`."""
    return path.replace("/", "_").replace("-", "_")


def table() -> str:
    """Returns every output and parameter of an environment as a Markdown table."""
    rows = [
        f"| `{output_name(path)}` | `/payments/<environment>/{path}` | {description} |"
        for path, description in sorted(OUTPUTS.items())
    ]
    head = ["| output | parameter | description |", "|---|---|---|"]
    return "\n".join([*head, *rows, f"| `{CREATED_AT}` | | {CREATED_AT_DESCRIPTION} |", ""])
