"""The fleet of workers: machines that reconcile settlements with the ledger."""

from collections.abc import Mapping

from constructs_lib.aws.compute.artifact_bucket import Artifact, ArtifactBucket
from constructs_lib.aws.compute.fleet import Fleet
from constructs_lib.aws.compute.python_packages import aws_sdk
from constructs_lib.aws.messaging.event_bus import EventRule
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.payments.components.events import Events
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.payments.components.gateway import PaymentGateway
from constructs_lib.payments.components.runtime import code_of
from constructs_lib.payments.components.storage import Storage

WORKER = "settlement_worker"
WORKER_SERVICES = ("dynamodb", "s3", "secretsmanager", "sqs")
POLL_SECONDS = 20  # maximum of SQS: fewest empty receives
RECONCILIATION_PREFIX = "reconciliation/"


class Workers:
    """Creates the fleet, the bucket of its code and its log group `Fleet`."""

    def __init__(
        self,
        foundation: Foundation,
        network: AnyNetwork,
        storage: Storage,
        events: Events,
        gateway: PaymentGateway,
        tags: Mapping[str, str],
    ) -> None:
        """`tags`: for machines and disks, which do not get the provider's default tags."""
        environment, settings = foundation.environment, foundation.environment.fleet
        name = foundation.naming.name("fleet")
        self.artifacts = ArtifactBucket(
            foundation.stack,
            "Artifacts",
            name=foundation.naming.bucket("artifacts", foundation.account.id),
            key=foundation.key,
        )
        worker = Artifact(
            foundation.stack,
            "SettlementWorker",
            name=WORKER.replace("_", "-"),
            bucket=self.artifacts,
            sources={**aws_sdk(WORKER_SERVICES), **gateway.sdk, **code_of(WORKER)},
        )
        self.fleet = Fleet(
            foundation.stack,
            "Fleet",
            name=name,
            instance_types=settings.instance_types,
            min_size=settings.min,
            max_size=settings.max,
            desired_capacity=settings.desired,
            on_demand_base=settings.on_demand_base,
            spot=settings.spot,
            cpu_percent=settings.cpu_percent,
            memory_percent=settings.memory_percent,
            detailed_monitoring=settings.detailed_monitoring,
            artifact=worker,
            module=WORKER,
            environment={
                "ENVIRONMENT": environment.name,
                "AUDIT_BUCKET": storage.audit.name,
                **gateway.variables,
                "LOG_LEVEL": environment.lambda_.log_level.value,
                "POLL_SECONDS": str(POLL_SECONDS),
                "SETTLEMENTS_QUEUE_URL": events.queues["settlements"].url,
                "TABLE_NAME": storage.table.name,
                "VISIBILITY_SECONDS": str(int(environment.queue.visibility_timeout.total_seconds())),
            },
            agent_parameter=foundation.naming.parameter("fleet/agent"),
            log_group=foundation.log_group("Fleet", f"/aws/ec2/{name}"),
            network=network,
            security_group=SecurityGroup(
                foundation.stack,
                "FleetSecurityGroup",
                name=name,
                description="Fleet: no way in, out over HTTPS only",
                network=network,
            ),
            key=foundation.key,
            region=environment.aws.region,
            tags=tags,
        )
        gateway.grant_use(self.fleet)
        events.queues["settlements"].grant_consume(self.fleet)
        storage.table.grant_query(self.fleet, indexes=["by_merchant"])
        storage.audit.grant_put(self.fleet, prefix=RECONCILIATION_PREFIX)
        EventRule(
            foundation.stack,
            "FleetFailures",
            name=foundation.naming.name("fleet-failures"),
            description="Sends failures to launch or refresh machines to the ops topic",
            pattern=self.fleet.failures,
            dead_letters=events.undelivered,
        ).send_to_topic("Ops", foundation.alerts.ops)
