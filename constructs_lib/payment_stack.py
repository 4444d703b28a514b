"""One environment: what there is and how it hangs together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from types import MappingProxyType

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from constructs_lib.access_logs import AccessLogs
from constructs_lib.account import Account
from constructs_lib.adoption import adopt, announce
from constructs_lib.alarms import Alarms
from constructs_lib.alerts import Alerts
from constructs_lib.api_contract import read_contract
from constructs_lib.artifact_bucket import Artifact, ArtifactBucket
from constructs_lib.audit_bucket import AuditBucket
from constructs_lib.budget import Budget
from constructs_lib.cost_anomalies import CostAnomalies
from constructs_lib.dashboards import Dashboards
from constructs_lib.deployment import Deployment
from constructs_lib.environment import Environment, EnvironmentErrors, Gateway
from constructs_lib.event_bus import EventBus, EventRule
from constructs_lib.existing_key import ExistingKey
from constructs_lib.existing_network import ExistingNetwork
from constructs_lib.fleet import Fleet
from constructs_lib.flow_logs import FlowLogs
from constructs_lib.function import Function
from constructs_lib.guard_duty import GuardDuty
from constructs_lib.key import AnyKey, Key
from constructs_lib.log_group import LogGroup
from constructs_lib.naming import Naming
from constructs_lib.network import AnyNetwork, Network
from constructs_lib.outbox import Outbox
from constructs_lib.protection import protect
from constructs_lib.published import Published
from constructs_lib.queue import DeadLetterQueue, Queue
from constructs_lib.rest_api import RestApi
from constructs_lib.schedules import Schedule, ScheduleGroup
from constructs_lib.secret import Secret, SuppliedSecret
from constructs_lib.secret_rotation import SecretRotation
from constructs_lib.security_group import SecurityGroup
from constructs_lib.shield import ShieldAdvanced
from constructs_lib.shipped import aws_sdk, packages
from constructs_lib.state import keep_state
from constructs_lib.table import Table
from constructs_lib.tags import default_tags
from constructs_lib.usage_plan import UsagePlan, meter
from constructs_lib.watched import Watched
from constructs_lib.web_acl import WebAcl

HANDLERS = Path(__file__).parent.parent / "handlers"
EVENT_SOURCE = "payments"
EVENTS_PREFIX = "events/"
STRIPE_SDK = ("stripe", "typing_extensions")
ARCHIVE_RETENTION = timedelta(days=30)
BATCH = 10
MAX_CONCURRENCY = 10
SWEEP_TIMEOUT = timedelta(minutes=1)
SEND_TIMEOUT = timedelta(minutes=1)  # a batch whose endpoints all hang until they are cut off
# A name that does not resolve costs a second try, not the 20 s that glibc waits by default.
QUICK_RESOLVER = "timeout:2 attempts:2"
RECONCILED_AT = time(6, 0)  # of UTC: what was settled late on the day before is known by then
RECONCILIATION_PREFIX = "reconciliation/"
WORKER_SERVICES = ("dynamodb", "s3", "secretsmanager", "sqs")
POLL_SECONDS = 20  # the longest that SQS lets a receiver wait: fewest empty answers
ROTATION_TIMEOUT = timedelta(seconds=30)
PEPPER_LIFE = timedelta(days=90)


class PaymentStack(TerraformStack):
    """Payments of one environment, from the network to the URL that is called.

    EnvironmentErrors where the environment's estate names what there is not.
    """

    def __init__(self, scope: Construct, environment: Environment, *, variables: Mapping[str, str]) -> None:
        """`variables`: of the pipeline that deploys; tags are made of them."""
        naming = Naming(environment.name)
        super().__init__(scope, naming.prefix)
        self.environment = environment
        self.naming = naming
        announce(self, environment.estate)
        self.tags = default_tags(environment.name, self._since(), variables)
        AwsProvider(
            self,
            "Aws",
            region=environment.aws.region,
            allowed_account_ids=[environment.aws.account] if environment.aws.account else None,
            default_tags=[AwsProviderDefaultTags(tags=self.tags)],
        )
        self.account = Account(self, "Account", region=environment.aws.region)
        self.key = self._key()
        self.key.grant_logs(
            f"/aws/*/{naming.prefix}-*",
            f"API-Gateway-Execution-Logs_*/{environment.name}",
            f"aws-waf-logs-{naming.prefix}",
        )
        self.log_groups: dict[str, LogGroup] = {}
        self.alerts = Alerts(
            self,
            "Alerts",
            naming=naming,
            account=self.account,
            key=self.key,
            endpoints=environment.alerts,
            existing=environment.estate.use.topics,
        )
        self.network = self._network()
        self._storage()
        self._events()
        self._functions()
        self._schedules()
        self._api()
        self._fleet()
        self._security()
        self._watch()
        self._published()
        if environment.protected:
            protect(self)
        if problems := list(adopt(self, environment.estate)):
            raise EnvironmentErrors(f"environment {environment.name}: {problem}" for problem in problems)

    def _since(self) -> str:
        """When the environment was first deployed, which its state knows."""
        aws, state = self.environment.aws, self.environment.state
        keep_state(self, aws=aws, state=state)
        return Deployment(
            self,
            "Deployment",
            stack=self.naming.prefix,
            workspace=self.environment.name,
            aws=aws,
            state=state,
        ).created_at

    def _log_group(self, id: str, name: str, *, retention_days: int | None = None) -> LogGroup:
        days = retention_days or self.environment.logs.retention_days
        group = LogGroup(self, id, name=name, key=self.key, retention=timedelta(days=days))
        self.log_groups[id.removesuffix("LogGroup")] = group
        return group

    def _key(self) -> AnyKey:
        existing = self.environment.estate.use.key
        if existing:
            return ExistingKey(self, "Key", arn=existing, account=self.account)
        return Key(
            self,
            "Key",
            name=self.naming.prefix,
            account=self.account,
            deletion_window=timedelta(days=30 if self.environment.protected else 7),
        )

    def _network(self) -> AnyNetwork:
        settings, use = self.environment.network, self.environment.estate.use
        if use.vpc:
            return ExistingNetwork(self, "Network", vpc=use.vpc, private_subnets=use.private_subnets)
        network = Network(
            self,
            "Network",
            name=self.naming.prefix,
            region=self.environment.aws.region,
            cidr=settings.cidr,
            public_subnets=settings.public_subnets,
            private_subnets=settings.private_subnets,
            egress=settings.egress,
        )
        FlowLogs(
            self,
            "FlowLogs",
            name=self.naming.name("flow-logs"),
            network=network,
            log_group=self._log_group(
                "FlowLogGroup",
                f"/aws/vpc/{self.naming.name('flow-logs')}",
                retention_days=settings.flow_log_retention_days,
            ),
            account=self.account,
        )
        return network

    def _storage(self) -> None:
        protected = self.environment.protected
        self.table = Table(
            self, "Payments", name=self.naming.prefix, key=self.key, deletion_protection=protected
        )
        self.audit = AuditBucket(
            self,
            "Audit",
            name=self.naming.bucket("audit", self.account.id),
            key=self.key,
            destroy_with_content=not protected,
        )
        self.pepper = Secret(
            self,
            "Pepper",
            name=self.naming.secret("pepper"),
            description="For hashes of merchants' API keys and signatures of cursors",
            key=self.key,
            recovery_window=timedelta(days=30 if protected else 0),
        )

        self.stripe: SuppliedSecret | None = None
        if self.environment.payments.gateway is Gateway.STRIPE:
            self.stripe = SuppliedSecret(
                self,
                "Stripe",
                name=self.naming.secret("stripe"),
                description="Secret key of the account at Stripe",
                key=self.key,
                recovery_window=timedelta(days=30 if protected else 0),
            )

    def _events(self) -> None:
        settings = self.environment.queue
        self.queue, self.webhooks, self.settlements = (
            Queue(
                self,
                id,
                name=self.naming.name(id.lower()),
                account=self.account,
                key=self.key,
                visibility_timeout=settings.visibility_timeout,
                max_receives=settings.max_receives,
                retention=settings.retention,
            )
            for id in ("Queue", "Webhooks", "Settlements")
        )
        self.undelivered = DeadLetterQueue(
            self,
            "Undelivered",
            name=self.naming.name("undelivered"),
            account=self.account,
            key=self.key,
        )
        self.bus = EventBus(
            self, "Bus", name=self.naming.prefix, source=EVENT_SOURCE, archive_retention=ARCHIVE_RETENTION
        )
        self.outbox = Outbox(
            self,
            "Outbox",
            name=self.naming.name("outbox"),
            table=self.table,
            bus=self.bus,
            dead_letters=self.undelivered,
            account=self.account,
        )
        self.payment_events = EventRule(
            self,
            "PaymentEvents",
            name=self.naming.name("payment-events"),
            description="Every payment event is kept, and sent to the endpoints of its merchant",
            bus=self.bus,
            pattern={"source": [EVENT_SOURCE]},
            dead_letters=self.undelivered,
        )
        self.payment_events.send_to_queue(self.queue)
        self.payment_events.send_to_queue(self.webhooks)
        self.key.grant_service(
            "UsedByEventRules",
            service="events.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": self.account.id}},
        )

    def _functions(self) -> None:
        settings = self.environment.lambda_
        self.function_security_group = SecurityGroup(
            self,
            "FunctionSecurityGroup",
            name=self.naming.name("functions"),
            description="Functions: no way in, out over HTTPS only",
            network=self.network,
        )
        self.authorizer = self._function(
            "Authorizer",
            "authorizer",
            timeout=settings.authorizer_timeout,
            environment={
                "TABLE_NAME": self.table.name,
                "PEPPER_SECRET_ID": self.pepper.arn,
                "METER": meter(self.naming.prefix),
            },
        )
        self.table.grant_read(self.authorizer)
        self.pepper.grant_read(self.authorizer)

        self.payment_processor = self._function(
            "PaymentProcessor",
            "payment_processor",
            timeout=settings.payment_processor_timeout,
            environment={
                "TABLE_NAME": self.table.name,
                "PEPPER_SECRET_ID": self.pepper.arn,
                "MAX_AMOUNT": str(self.environment.payments.max_amount),
                "IDEMPOTENCY_LEASE_SECONDS": str(int(settings.payment_processor_timeout.total_seconds())),
                "RES_OPTIONS": QUICK_RESOLVER,
                **self._gateway,
            },
            ships=self._sdk,
        )
        if self.stripe:
            self.stripe.grant_read(self.payment_processor)
        self.table.grant_write(self.payment_processor)
        self.table.grant_list(self.payment_processor, "by_merchant", "by_status")
        self.pepper.grant_read(self.payment_processor)

        self.event_handler = self._function(
            "EventHandler",
            "event_handler",
            timeout=settings.event_handler_timeout,
            environment={"AUDIT_BUCKET": self.audit.name},
        )
        self.audit.grant_add(self.event_handler, prefix=EVENTS_PREFIX)
        self.event_handler.consume(self.queue, batch_size=BATCH, max_concurrency=MAX_CONCURRENCY)

        self.sweeper = self._function(
            "Sweeper",
            "sweeper",
            timeout=SWEEP_TIMEOUT,
            environment={
                "TABLE_NAME": self.table.name,
                "IDEMPOTENCY_LEASE_SECONDS": str(int(settings.payment_processor_timeout.total_seconds())),
                "WEBHOOKS_QUEUE_URL": self.webhooks.url,
                **self._gateway,
            },
            ships=self._sdk,
        )
        if self.stripe:
            self.stripe.grant_read(self.sweeper)
        self.table.grant_write(self.sweeper)
        self.table.grant_list(self.sweeper, "by_due")
        self.webhooks.grant_send(self.sweeper)

        self.webhook_sender = self._function(
            "WebhookSender",
            "webhook_sender",
            timeout=SEND_TIMEOUT,
            environment={"TABLE_NAME": self.table.name, "RES_OPTIONS": QUICK_RESOLVER},
        )
        self.table.grant_write(self.webhook_sender)
        self.table.grant_query(self.webhook_sender)
        self.webhook_sender.consume(self.webhooks, batch_size=BATCH, max_concurrency=MAX_CONCURRENCY)

        self.rotation = self._function("Rotation", "rotation", timeout=ROTATION_TIMEOUT, environment={})
        SecretRotation(
            self,
            "PepperRotation",
            secret=self.pepper,
            function=self.rotation,
            every=PEPPER_LIFE,
            account=self.account,
        )

    def _schedules(self) -> None:
        group = ScheduleGroup(
            self,
            "Schedules",
            name=self.naming.prefix,
            account=self.account,
            key=self.key,
            dead_letters=self.undelivered,
        )
        Schedule(
            self,
            "Sweep",
            name=self.naming.name("sweep"),
            description="Unknown outcomes are settled, lapsed authorizations expire",
            group=group,
            every=timedelta(minutes=1),
            flexible=None,
            target=self.sweeper,
            message="{}",
        )
        Schedule(
            self,
            "Reconcile",
            name=self.naming.name("reconcile"),
            description="What the gateway settled on the day before is compared with the ledger",
            group=group,
            every=RECONCILED_AT,
            flexible=timedelta(minutes=15),
            target=self.settlements,
            message='{"job": "reconcile", "scheduled": "<aws.scheduler.scheduled-time>"}',
        )

    @property
    def _gateway(self) -> dict[str, str]:
        """What tells code which gateway there is."""
        key = {"STRIPE_SECRET_ID": self.stripe.arn} if self.stripe else {}
        return {"GATEWAY": self.environment.payments.gateway.value, **key}

    @property
    def _sdk(self) -> dict[str, Path]:
        """What the gateway's adapter needs."""
        return packages(STRIPE_SDK) if self.stripe else {}

    def _function(
        self,
        id: str,
        package: str,
        *,
        timeout: timedelta,
        environment: Mapping[str, str],
        ships: Mapping[str, Path] = MappingProxyType({}),
    ) -> Function:
        settings = self.environment.lambda_
        name = self.naming.name(package.replace("_", "-"))
        return Function(
            self,
            id,
            name=name,
            sources={**{part: HANDLERS / part for part in (package, "payments")}, **ships},
            handler=f"{package}.app.handler",
            memory_mb=settings.memory_mb,
            timeout=timeout,
            environment={
                "ENVIRONMENT": self.environment.name,
                "LOG_LEVEL": settings.log_level.value,
                **environment,
            },
            log_group=self._log_group(f"{id}LogGroup", f"/aws/lambda/{name}"),
            network=self.network,
            security_group=self.function_security_group,
        )

    def _api(self) -> None:
        self.api = RestApi(
            self,
            "Api",
            name=self.naming.prefix,
            contract=read_contract(HANDLERS / "openapi.json"),
            backend=self.payment_processor,
            authorizer=self.authorizer,
            stage=self.environment.name,
            access_logs=self._log_group("ApiLogGroup", f"/aws/apigateway/{self.naming.prefix}-access"),
            throttle_rate=self.environment.api.throttle_rate,
            throttle_burst=self.environment.api.throttle_burst,
        )
        self._log_group(
            "ApiExecutionLogGroup",
            f"API-Gateway-Execution-Logs_{self.api.resource.id}/{self.environment.name}",
        )
        UsagePlan(
            self,
            "UsagePlan",
            name=self.naming.prefix,
            api=self.api,
            requests_per_day=self.environment.api.quota_per_day,
        )
        self.web_acl = WebAcl(
            self,
            "WebAcl",
            name=self.naming.name("api"),
            api=self.api,
            requests_per_5_minutes=self.environment.waf.requests_per_5_minutes,
            logs=self._log_group("WebAclLogGroup", f"aws-waf-logs-{self.naming.prefix}"),
        )

    def _fleet(self) -> None:
        name = self.naming.name("fleet")
        self.artifacts = ArtifactBucket(
            self, "Artifacts", name=self.naming.bucket("artifacts", self.account.id), key=self.key
        )
        worker = Artifact(
            self,
            "SettlementWorker",
            name="settlement-worker",
            bucket=self.artifacts,
            sources=aws_sdk(WORKER_SERVICES)
            | self._sdk
            | {part: HANDLERS / part for part in ("settlement_worker", "payments")},
        )
        self.fleet = Fleet(
            self,
            "Fleet",
            name=name,
            settings=self.environment.fleet,
            artifact=worker,
            module="settlement_worker",
            environment={
                "ENVIRONMENT": self.environment.name,
                "AUDIT_BUCKET": self.audit.name,
                **self._gateway,
                "LOG_LEVEL": self.environment.lambda_.log_level.value,
                "POLL_SECONDS": str(POLL_SECONDS),
                "SETTLEMENTS_QUEUE_URL": self.settlements.url,
                "TABLE_NAME": self.table.name,
                "VISIBILITY_SECONDS": str(int(self.environment.queue.visibility_timeout.total_seconds())),
            },
            agent_parameter=self.naming.parameter("fleet/agent"),
            log_group=self._log_group("FleetLogGroup", f"/aws/ec2/{name}"),
            network=self.network,
            security_group=SecurityGroup(
                self,
                "FleetSecurityGroup",
                name=name,
                description="Fleet: no way in, out over HTTPS only",
                network=self.network,
            ),
            key=self.key,
            region=self.environment.aws.region,
            tags=self.tags,
        )
        if self.stripe:
            self.stripe.grant_read(self.fleet)
        self.settlements.grant_work(self.fleet)
        self.table.grant_list(self.fleet, "by_merchant")
        self.audit.grant_add(self.fleet, prefix=RECONCILIATION_PREFIX)
        failures = EventRule(
            self,
            "FleetFailures",
            name=self.naming.name("fleet-failures"),
            description="Machines that cannot be started or renewed go to the ops topic",
            pattern=self.fleet.failures,
            dead_letters=self.undelivered,
        )
        failures.send_to_topic(self.alerts.ops)

    def _security(self) -> None:
        settings, use = self.environment.security, self.environment.estate.use
        if use.log_bucket:
            AccessLogs(
                self,
                "AccessLogs",
                log_bucket=use.log_bucket,
                region=self.environment.aws.region,
                buckets={
                    self.naming.name("audit"): self.audit,
                    self.naming.name("artifacts"): self.artifacts,
                },
            )
        GuardDuty(
            self,
            "GuardDuty",
            name=self.naming.name("findings"),
            detector=settings.guard_duty,
            findings=self.alerts.security,
            dead_letters=self.undelivered,
            existing=use.detector,
        )
        if settings.shield_advanced:
            ShieldAdvanced(
                self, "Shield", name=self.naming.prefix, network=self.network, account=self.account
            )

    def _watch(self) -> None:
        environment, naming = self.environment, self.naming
        watched = Watched(
            environment=environment.name,
            api=self.api,
            web_acl=self.web_acl,
            functions={
                "payment-processor": self.payment_processor,
                "authorizer": self.authorizer,
                "event-handler": self.event_handler,
                "sweeper": self.sweeper,
                "webhook-sender": self.webhook_sender,
                "rotation": self.rotation,
            },
            table=self.table,
            audit=self.audit,
            outbox=self.outbox,
            bus=self.bus,
            payment_events=self.payment_events,
            queues={"queue": self.queue, "settlements": self.settlements, "webhooks": self.webhooks},
            undelivered=self.undelivered,
            network=self.network,
            fleet=self.fleet.resource.name,
            fleet_logs=self.log_groups["Fleet"],
            access_logs=self.log_groups["Api"],
            flow_logs=self.log_groups.get("Flow"),
            web_acl_logs=self.log_groups["WebAcl"],
            log_groups=self.log_groups,
        )
        alarms = Alarms(
            self,
            "Alarms",
            naming=naming,
            watched=watched,
            thresholds=environment.alarms,
            fewest_workers=environment.fleet.min,
            topic=self.alerts.ops,
        )
        self.dashboards = Dashboards(
            self,
            "Dashboards",
            naming=naming,
            region=environment.aws.region,
            watched=watched,
            alarms=alarms,
            alerts=self.alerts,
            budget=environment.budget,
        )
        Budget(
            self,
            "Budget",
            name=naming.prefix,
            environment=environment.name,
            monthly_usd=environment.budget.monthly_usd,
            topic=self.alerts.cost,
        )
        CostAnomalies(
            self,
            "CostAnomalies",
            name=naming.prefix,
            environment=environment.name,
            watch=environment.budget.anomalies,
            impact_usd=environment.budget.anomaly_usd,
            topic=self.alerts.cost,
        )

    def _published(self) -> None:
        Published(
            self,
            "Published",
            naming=self.naming,
            values={
                "alerts/cost": self.alerts.cost.arn,
                "alerts/ops": self.alerts.ops.arn,
                "alerts/security": self.alerts.security.arn,
                "api/id": self.api.resource.id,
                "api/url": self.api.url,
                "artifacts/bucket": self.artifacts.name,
                "audit/bucket": self.audit.name,
                "bus/arn": self.bus.arn,
                "dashboards/cost": self.dashboards.cost.resource.dashboard_name,
                "dashboards/operations": self.dashboards.operations.resource.dashboard_name,
                "dashboards/security": self.dashboards.security.resource.dashboard_name,
                "fleet/name": self.fleet.name,
                "fleet/role": self.fleet.arn,
                "functions/authorizer": self.authorizer.alias.arn,
                "functions/event-handler": self.event_handler.alias.arn,
                "functions/payment-processor": self.payment_processor.alias.arn,
                "functions/rotation": self.rotation.alias.arn,
                "functions/sweeper": self.sweeper.alias.arn,
                "functions/webhook-sender": self.webhook_sender.alias.arn,
                "key/arn": self.key.arn,
                "pepper/arn": self.pepper.arn,
                "queue/url": self.queue.url,
                "queue/dead-letters": self.queue.dead_letters.url,
                "settlements/dead-letters": self.settlements.dead_letters.url,
                "settlements/url": self.settlements.url,
                "table/name": self.table.name,
                "vpc/id": self.network.id,
                "webhooks/dead-letters": self.webhooks.dead_letters.url,
                "webhooks/url": self.webhooks.url,
                "web-acl/arn": self.web_acl.resource.arn,
            },
        )
