"""Functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from cdktf import App, AssetType, TerraformAsset
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingScalingConfig,
)
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionLoggingConfig,
    LambdaFunctionTracingConfig,
    LambdaFunctionVpcConfig,
)
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.aws.compute.packaging import build_zip
from constructs_lib.aws.messaging.queue import Queue
from constructs_lib.aws.monitoring.log_group import LogGroup
from constructs_lib.aws.network.network import AnyNetwork
from constructs_lib.aws.network.security_group import SecurityGroup
from constructs_lib.aws.security.iam import (
    FUNCTION_INVOKE,
    NETWORK_INTERFACE,
    TRACE_WRITE,
    Grantee,
    Statement,
)
from constructs_lib.aws.security.role import Role

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"  # a fifth cheaper than x86_64 for the same memory and time
ALIAS = "live"


class Function(Construct):
    """A Python function in the private subnets, with a role of its own, its log group and the alias `live`.

    Callers use the alias: it moves to a new version only when that version is whole.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        sources: Mapping[str, Path],
        handler: str,
        memory_mb: int,
        timeout: timedelta,
        environment: Mapping[str, str],
        log_group: LogGroup,
        network: AnyNetwork,
        security_group: SecurityGroup,
    ) -> None:
        """`sources`: place in the zip to file or folder, as packaging.build_zip takes them."""
        super().__init__(scope, id)
        self.role = Role(self, "Role", name=name, service="lambda.amazonaws.com")
        log_group.grant_write(self.role)
        self.role.allow(
            # Neither X-Ray nor the network interfaces of a function can be named in advance, and Lambda's
            # own check at creation asks for "*" (Lambda developer guide, "VPC: required permissions").
            Statement(sid="Trace", actions=TRACE_WRITE, resources=["*"]),
            Statement(sid="JoinNetwork", actions=NETWORK_INTERFACE, resources=["*"]),
        )
        accept(
            self.role.policy,
            CKV_AWS_290="X-Ray and network interfaces take no resource; all else names its own",
            CKV_AWS_355="X-Ray and network interfaces take no resource; all else names its own",
        )
        archive = build_zip(sources, Path(App.of(self).outdir) / "functions" / f"{name}.zip")
        asset = TerraformAsset(
            self, "Code", path=str(archive.path), type=AssetType.FILE, asset_hash=archive.hash
        )
        self.resource = LambdaFunction(
            self,
            "Resource",
            function_name=name,
            role=self.role.arn,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=handler,
            filename=asset.path,
            source_code_hash=archive.hash,
            memory_size=memory_mb,
            timeout=int(timeout.total_seconds()),
            environment=LambdaFunctionEnvironment(variables=dict(environment)),
            publish=True,
            tracing_config=LambdaFunctionTracingConfig(mode="Active"),
            vpc_config=LambdaFunctionVpcConfig(
                subnet_ids=network.private_subnet_ids, security_group_ids=[security_group.id]
            ),
            logging_config=LambdaFunctionLoggingConfig(
                log_group=log_group.name,
                log_format="JSON",
                # The runtime hands this to Python's root logger: with DEBUG the SDK would log bodies. Metrics
                # are lines that need INFO. A handler's own level is LOG_LEVEL of its environment.
                application_log_level="INFO",
                system_log_level="WARN",
            ),
            # Lambda proves at creation that the role can join the network.
            depends_on=[self.role.policy],
        )
        accept(
            self.resource,
            CKV_AWS_116="whoever calls keeps what failed or calls again: API, queue, schedule, rotation",
            CKV_AWS_173="names and numbers, no secret; Lambda encrypts them with a key of its own",
            CKV_AWS_272="a signing profile is the account's; what runs is the hash that the plan shows",
        )
        self.alias = LambdaAlias(
            self,
            "Alias",
            name=ALIAS,
            function_name=self.name,
            function_version=self.resource.version,
        )

    @property
    def arn(self) -> str:
        """ARN of the alias `live`, which callers use."""
        return self.alias.arn

    @property
    def name(self) -> str:
        return self.resource.function_name

    @property
    def role_arn(self) -> str:
        return self.role.arn

    def allow(self, *statements: Statement) -> None:
        self.role.allow(*statements)

    def grant_invoke(self, grantee: Grantee) -> None:
        """lambda:InvokeFunction on the alias."""
        grantee.allow(Statement(actions=FUNCTION_INVOKE, resources=[self.arn]))

    def allow_invoke(self, id: str, *, service: str, source_arn: str) -> LambdaPermission:
        """Let an AWS service call the alias on behalf of one source."""
        return LambdaPermission(
            self,
            id,
            action="lambda:InvokeFunction",
            function_name=self.name,
            qualifier=self.alias.name,
            principal=service,
            source_arn=source_arn,
        )

    def consume(self, queue: Queue, *, batch_size: int, max_concurrency: int) -> None:
        """Process the queue in batches whose failed messages alone return to it."""
        queue.grant_event_source(self)
        LambdaEventSourceMapping(
            self,
            f"Consume{queue.node.id}",
            event_source_arn=queue.arn,
            function_name=self.arn,
            batch_size=batch_size,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=LambdaEventSourceMappingScalingConfig(maximum_concurrency=max_concurrency),
            depends_on=[self.role.policy],
        )
