"""The REST API."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from cdktf import Fn, ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_authorizer import ApiGatewayAuthorizer
from cdktf_cdktf_provider_aws.api_gateway_deployment import ApiGatewayDeployment
from cdktf_cdktf_provider_aws.api_gateway_gateway_response import ApiGatewayGatewayResponse
from cdktf_cdktf_provider_aws.api_gateway_integration import ApiGatewayIntegration
from cdktf_cdktf_provider_aws.api_gateway_method import ApiGatewayMethod
from cdktf_cdktf_provider_aws.api_gateway_method_settings import (
    ApiGatewayMethodSettings,
    ApiGatewayMethodSettingsSettings,
)
from cdktf_cdktf_provider_aws.api_gateway_model import ApiGatewayModel
from cdktf_cdktf_provider_aws.api_gateway_request_validator import ApiGatewayRequestValidator
from cdktf_cdktf_provider_aws.api_gateway_resource import ApiGatewayResource
from cdktf_cdktf_provider_aws.api_gateway_rest_api import (
    ApiGatewayRestApi,
    ApiGatewayRestApiEndpointConfiguration,
)
from cdktf_cdktf_provider_aws.api_gateway_stage import ApiGatewayStage, ApiGatewayStageAccessLogSettings
from constructs import Construct

from constructs_lib.aws.api.api_contract import AUTHORIZER_CACHE_SECONDS, Contract, Route
from constructs_lib.aws.api.gateway_responses import REFUSALS, Refusal
from constructs_lib.aws.checkov import accept
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.monitoring.log_group import LogGroup

JSON = "application/json"
API_GATEWAY = "apigateway.amazonaws.com"
INTEGRATION_TIMEOUT_MS = 29_000  # the most that a REST API waits without a raised quota
CALLER = "Authorization"
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "latencyMs": "$context.responseLatency",
    "integrationMs": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "ip": "$context.identity.sourceIp",
    "merchant": "$context.authorizer.merchant",
    "keyId": "$context.authorizer.key_id",
}


class RestApi(Construct):
    """A regional REST API made of an OpenAPI document, with one stage; every route goes to one function.

    Each route that the document does not call public asks the authorizer first. Bodies and required headers
    are validated before a function is called; refusals of the gateway itself are problem documents too.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        contract: Contract,
        backend: Function,
        authorizer: Function,
        stage: str,
        access_logs: LogGroup,
        throttle_rate: int,
        throttle_burst: int,
    ) -> None:
        """`throttle_rate` in requests a second, `throttle_burst` in requests."""
        super().__init__(scope, id)
        self._backend = backend
        self.resource = ApiGatewayRestApi(
            self,
            "Resource",
            name=name,
            description=f"{contract.title} {contract.version}",
            api_key_source="AUTHORIZER",  # says what a call is counted under (usage_plan.py)
            endpoint_configuration=ApiGatewayRestApiEndpointConfiguration(types=["REGIONAL"]),
        )
        self._authorizer = self._token_authorizer(authorizer)
        self._validator = ApiGatewayRequestValidator(
            self,
            "Validator",
            name="body-and-headers",
            rest_api_id=self.resource.id,
            validate_request_body=True,
            validate_request_parameters=True,
        )
        self._model = self._object_model()
        self._resources: dict[tuple[str, ...], ApiGatewayResource] = {}
        deployed: list[ITerraformDependable] = []
        for route in contract.routes:
            deployed += self._route(route)
        deployed += [self._refusal(kind, refusal) for kind, refusal in REFUSALS.items()]
        self.stage = self._stage(stage, contract, deployed, access_logs)
        accept(
            self.stage,
            CKV_AWS_120="each answer is one merchant's own and must be the newest",
            CKV2_AWS_4="metrics of each route are paid for; errors are logged, the stage has its own metrics",
            CKV2_AWS_51="behind it is a function that nobody else may call",
            CKV2_AWS_77="the list that it asks for refuses hosting providers, where merchants' servers are",
        )
        settings = ApiGatewayMethodSettings(
            self,
            "Throttling",
            rest_api_id=self.resource.id,
            stage_name=self.stage.stage_name,
            method_path="*/*",
            settings=ApiGatewayMethodSettingsSettings(
                throttling_rate_limit=throttle_rate,
                throttling_burst_limit=throttle_burst,
                logging_level="ERROR",
                data_trace_enabled=False,  # would log bodies
                metrics_enabled=False,  # a paid metric for each route; the stage's own metrics are free
            ),
        )
        accept(settings, CKV_AWS_225="each answer is one merchant's own and must be the newest")
        backend.allow_invoke(
            "FromApi",
            service=API_GATEWAY,
            # Every route of this one stage.
            source_arn=f"{self.resource.execution_arn}/{stage}/*",
        )

    @property
    def url(self) -> str:
        """Base of all paths, without a slash at its end."""
        return self.stage.invoke_url

    def _token_authorizer(self, function: Function) -> ApiGatewayAuthorizer:
        authorizer = ApiGatewayAuthorizer(
            self,
            "Authorizer",
            name="merchant-key",
            rest_api_id=self.resource.id,
            type="TOKEN",
            identity_source=f"method.request.header.{CALLER}",
            authorizer_uri=function.alias.invoke_arn,
            authorizer_result_ttl_in_seconds=AUTHORIZER_CACHE_SECONDS,
        )
        function.allow_invoke(
            "FromApi",
            service=API_GATEWAY,
            source_arn=f"{self.resource.execution_arn}/authorizers/{authorizer.id}",
        )
        return authorizer

    def _resource_id(self, parts: tuple[str, ...]) -> str:
        if not parts:
            return self.resource.root_resource_id
        if parts not in self._resources:
            self._resources[parts] = ApiGatewayResource(
                self,
                "Path-" + "-".join(part.strip("{}") for part in parts),
                rest_api_id=self.resource.id,
                parent_id=self._resource_id(parts[:-1]),
                path_part=parts[-1],
            )
        return self._resources[parts].id

    def _route(self, route: Route) -> list[ITerraformDependable]:
        place: dict[str, Any] = {
            "rest_api_id": self.resource.id,
            "resource_id": self._resource_id(route.parts),
        }
        access: dict[str, Any] = (
            {"authorization": "NONE"}
            if route.public
            else {"authorization": "CUSTOM", "authorizer_id": self._authorizer.id, "api_key_required": True}
        )
        required = {f"method.request.header.{header}": True for header in route.required_headers}
        method = ApiGatewayMethod(
            self,
            f"Method-{route.id}",
            **place,
            **access,
            http_method=route.method,
            request_validator_id=self._validator.id,
            request_parameters=required or None,
            request_models={JSON: self._model.name} if route.needs_body else None,
        )
        if route.public:
            accept(method, CKV_AWS_59="says whether the service is up, for monitors without a credential")
        integration = ApiGatewayIntegration(
            self,
            f"Integration-{route.id}",
            **place,
            http_method=method.http_method,
            type="AWS_PROXY",
            integration_http_method="POST",  # how Lambda is called, whatever the route's method
            uri=self._backend.alias.invoke_arn,
            timeout_milliseconds=INTEGRATION_TIMEOUT_MS,
        )
        return [method, integration]

    def _object_model(self) -> ApiGatewayModel:
        # The gateway refuses what is no JSON object before a function is called and paid for. It cannot say
        # which field of an object is wrong, so that is left to the function.
        return ApiGatewayModel(
            self,
            "ObjectModel",
            rest_api_id=self.resource.id,
            name="object",
            description="Any JSON object",
            content_type=JSON,
            schema=json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"}),
        )

    def _refusal(self, kind: str, refusal: Refusal) -> ApiGatewayGatewayResponse:
        return ApiGatewayGatewayResponse(
            self,
            f"Refusal-{kind}",
            rest_api_id=self.resource.id,
            response_type=kind,
            status_code=str(refusal.status),
            response_templates={JSON: refusal.body_template},
            response_parameters=refusal.headers,
        )

    def _stage(
        self, name: str, contract: Contract, deployed: list[ITerraformDependable], access_logs: LogGroup
    ) -> ApiGatewayStage:
        deployment = ApiGatewayDeployment(
            self,
            "Deployment",
            rest_api_id=self.resource.id,
            # Contents, never whole resource objects: those hold computed values that change on a second plan.
            triggers={"contract": _fingerprint(contract), "backend": self._backend.alias.invoke_arn},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            depends_on=deployed,
        )
        return ApiGatewayStage(
            self,
            "Stage",
            rest_api_id=self.resource.id,
            deployment_id=deployment.id,
            stage_name=name,
            xray_tracing_enabled=True,
            access_log_settings=ApiGatewayStageAccessLogSettings(
                destination_arn=access_logs.arn, format=Fn.jsonencode(ACCESS_LOG)
            ),
        )


def _fingerprint(contract: Contract) -> str:
    """Changes with everything that a deployment freezes."""
    frozen = [
        [asdict(route) for route in contract.routes],
        {kind: asdict(refusal) for kind, refusal in REFUSALS.items()},
        [INTEGRATION_TIMEOUT_MS, AUTHORIZER_CACHE_SECONDS, CALLER],
    ]
    return hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest()
