"""REST APIs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cdktf import Fn, ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_authorizer import ApiGatewayAuthorizer
from cdktf_cdktf_provider_aws.api_gateway_deployment import ApiGatewayDeployment
from cdktf_cdktf_provider_aws.api_gateway_gateway_response import ApiGatewayGatewayResponse
from cdktf_cdktf_provider_aws.api_gateway_integration import ApiGatewayIntegration
from cdktf_cdktf_provider_aws.api_gateway_method import ApiGatewayMethod
from cdktf_cdktf_provider_aws.api_gateway_method_settings import ApiGatewayMethodSettings
from cdktf_cdktf_provider_aws.api_gateway_model import ApiGatewayModel
from cdktf_cdktf_provider_aws.api_gateway_request_validator import ApiGatewayRequestValidator
from cdktf_cdktf_provider_aws.api_gateway_resource import ApiGatewayResource
from cdktf_cdktf_provider_aws.api_gateway_rest_api import ApiGatewayRestApi
from cdktf_cdktf_provider_aws.api_gateway_stage import ApiGatewayStage
from constructs import Construct

from constructs_lib.aws.api.api_contract import AUTHORIZER_CACHE_SECONDS, Contract, Route
from constructs_lib.aws.api.gateway_responses import ProblemResponse
from constructs_lib.aws.checkov import accept
from constructs_lib.aws.compute.function import Function
from constructs_lib.aws.log_group import LogGroup

JSON = "application/json"
API_GATEWAY = "apigateway.amazonaws.com"
INTEGRATION_TIMEOUT_MS = 29_000  # the longest without a raised quota
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
}


class RestApi(Construct):
    """Creates a regional REST API of an OpenAPI document, with one stage and one backend function.

    The authorizer decides about all routes that are not public. API Gateway validates bodies and required
    headers before it invokes the backend, and sends its own errors as problem documents. Both functions allow
    API Gateway to invoke them.
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
        responses: Mapping[str, ProblemResponse] | None = None,
        problem_type_prefix: str = "urn:problem-type:",
        authorizer_name: str = "authorizer",
        access_log_fields: Mapping[str, str] | None = None,
    ) -> None:
        """`throttle_rate`: requests a second; `throttle_burst`: requests.

        `responses` are by the response types of API Gateway. `access_log_fields`: names and variables such as
        `$context.authorizer.user`, in addition to the common fields.
        """
        super().__init__(scope, id)
        self._backend = backend
        self._responses = responses or {}
        self.resource = ApiGatewayRestApi(
            self,
            "Resource",
            name=name,
            description=f"{contract.title} {contract.version}",
            api_key_source="AUTHORIZER",  # it returns the key of the usage plan
            endpoint_configuration={"types": ["REGIONAL"]},
        )
        self.id: str = self.resource.id
        self.name: str = self.resource.name
        self._authorizer = self._token_authorizer(authorizer, authorizer_name)
        self._validator = ApiGatewayRequestValidator(
            self,
            "Validator",
            name="body-and-headers",
            rest_api_id=self.id,
            validate_request_body=True,
            validate_request_parameters=True,
        )
        self._model = self._object_model()
        self._resources: dict[tuple[str, ...], ApiGatewayResource] = {}
        deployed: list[ITerraformDependable] = []
        for route in contract.routes:
            deployed += self._route(route)
        deployed += [self._response(kind, it, problem_type_prefix) for kind, it in self._responses.items()]
        log_format = Fn.jsonencode({**ACCESS_LOG, **(access_log_fields or {})})
        self.stage = self._stage(stage, contract, deployed, access_logs, log_format)
        self.url: str = self.stage.invoke_url  # without a slash at the end
        accept(
            self.stage,
            CKV_AWS_120="responses belong to one caller and must be current",
            CKV2_AWS_4="metrics of each route cost money; errors are logged, and the stage has metrics",
            CKV2_AWS_51="only the API may invoke its function",
            CKV2_AWS_77="the required list blocks hosting providers, where servers of callers are",
        )
        settings = ApiGatewayMethodSettings(
            self,
            "Throttling",
            rest_api_id=self.id,
            stage_name=self.stage.stage_name,
            method_path="*/*",
            settings={
                "throttling_rate_limit": throttle_rate,
                "throttling_burst_limit": throttle_burst,
                "logging_level": "ERROR",
                "data_trace_enabled": False,  # it would log bodies
                "metrics_enabled": False,  # metrics of each route cost money; those of the stage are free
            },
        )
        accept(settings, CKV_AWS_225="responses belong to one caller and must be current")
        backend.allow_invoke(
            "FromApi",
            service=API_GATEWAY,
            # All routes of this stage.
            source_arn=f"{self.resource.execution_arn}/{stage}/*",
        )

    def _token_authorizer(self, function: Function, name: str) -> ApiGatewayAuthorizer:
        authorizer = ApiGatewayAuthorizer(
            self,
            "Authorizer",
            name=name,
            rest_api_id=self.id,
            type="TOKEN",
            identity_source=f"method.request.header.{CALLER}",
            authorizer_uri=function.invoke_arn,
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
                rest_api_id=self.id,
                parent_id=self._resource_id(parts[:-1]),
                path_part=parts[-1],
            )
        return self._resources[parts].id

    def _route(self, route: Route) -> list[ITerraformDependable]:
        path: dict[str, Any] = {"rest_api_id": self.id, "resource_id": self._resource_id(route.parts)}
        access: dict[str, Any] = (
            {"authorization": "NONE"}
            if route.public
            else {"authorization": "CUSTOM", "authorizer_id": self._authorizer.id, "api_key_required": True}
        )
        required = {f"method.request.header.{header}": True for header in route.required_headers}
        method = ApiGatewayMethod(
            self,
            f"Method-{route.id}",
            **path,
            **access,
            http_method=route.method,
            request_validator_id=self._validator.id,
            request_parameters=required or None,
            request_models={JSON: self._model.name} if route.needs_body else None,
        )
        if route.public:
            accept(method, CKV_AWS_59="the document declares the route public")
        integration = ApiGatewayIntegration(
            self,
            f"Integration-{route.id}",
            **path,
            http_method=method.http_method,
            type="AWS_PROXY",
            integration_http_method="POST",  # the method of Lambda's API for all routes
            uri=self._backend.invoke_arn,
            timeout_milliseconds=INTEGRATION_TIMEOUT_MS,
        )
        return [method, integration]

    def _object_model(self) -> ApiGatewayModel:
        # API Gateway rejects other bodies without the cost of an invocation. It cannot report which field of
        # an object is wrong, so the function validates the fields.
        return ApiGatewayModel(
            self,
            "ObjectModel",
            rest_api_id=self.id,
            name="object",
            description="Any JSON object",
            content_type=JSON,
            schema=json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"}),
        )

    def _response(self, kind: str, response: ProblemResponse, type_prefix: str) -> ApiGatewayGatewayResponse:
        return ApiGatewayGatewayResponse(
            self,
            f"Refusal-{kind}",
            rest_api_id=self.id,
            response_type=kind,
            status_code=str(response.status),
            response_templates={JSON: response.body_template(type_prefix)},
            response_parameters=response.headers,
        )

    def _stage(
        self,
        name: str,
        contract: Contract,
        deployed: list[ITerraformDependable],
        access_logs: LogGroup,
        log_format: str,
    ) -> ApiGatewayStage:
        deployment = ApiGatewayDeployment(
            self,
            "Deployment",
            rest_api_id=self.id,
            # Contents, never whole resources: their computed values change in a second plan.
            triggers={
                "contract": _fingerprint(contract, self._responses),
                "backend": self._backend.invoke_arn,
            },
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            depends_on=deployed,
        )
        return ApiGatewayStage(
            self,
            "Stage",
            rest_api_id=self.id,
            deployment_id=deployment.id,
            stage_name=name,
            xray_tracing_enabled=True,
            access_log_settings={"destination_arn": access_logs.arn, "format": log_format},
        )


def _fingerprint(contract: Contract, responses: Mapping[str, ProblemResponse]) -> str:
    """Returns a hash of everything that a deployment freezes."""
    frozen = [
        [asdict(route) for route in contract.routes],
        {kind: asdict(response) for kind, response in responses.items()},
        [INTEGRATION_TIMEOUT_MS, AUTHORIZER_CACHE_SECONDS, CALLER],
    ]
    return hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest()
