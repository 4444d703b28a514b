"""Corrections of API Gateway: usage plans and settings."""

from __future__ import annotations

import urllib.error
import urllib.request

from ops.local import engine
from tests.ops.local.support import ACCOUNT, Clients, Functions, allow

AUTHORIZER = """
def handler(event, context):
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {
        "principalId": "a",
        "policyDocument": policy,
        "usageIdentifierKey": event["authorizationToken"],
        "context": {"merchant": "a"},
    }
"""
METERED_KEY = "counted-counted-counted"


def test_a_call_is_counted_under_what_the_authorizer_says_and_not_under_what_the_caller_sends(
    aws: Clients, function: Functions, running: engine.Running
) -> None:
    arn = function("meter", AUTHORIZER, allow("logs:PutLogEvents"))
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    rest = aws("apigateway")
    api = rest.create_rest_api(name="metered", apiKeySource="AUTHORIZER")
    name, root = api["id"], api["rootResourceId"]
    authorizer = rest.create_authorizer(
        restApiId=name,
        name="meter",
        type="TOKEN",
        authorizerUri=uri,
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=60,
    )
    aws("lambda").add_permission(
        FunctionName="meter",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    rest.put_method(
        restApiId=name,
        resourceId=root,
        httpMethod="GET",
        authorizationType="CUSTOM",
        authorizerId=authorizer["id"],
        apiKeyRequired=True,
    )
    rest.put_integration(
        restApiId=name,
        resourceId=root,
        httpMethod="GET",
        type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    rest.put_method_response(restApiId=name, resourceId=root, httpMethod="GET", statusCode="200")
    rest.put_integration_response(restApiId=name, resourceId=root, httpMethod="GET", statusCode="200")
    rest.create_deployment(restApiId=name, stageName="dev")
    key = rest.create_api_key(name="meter", value=METERED_KEY, enabled=True)["id"]
    plan = rest.create_usage_plan(
        name="day", apiStages=[{"apiId": name, "stage": "dev"}], quota={"limit": 2, "period": "DAY"}
    )["id"]
    rest.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")

    def call(token: str, **headers: str) -> int:
        url = f"{running.endpoint}/_aws/execute-api/{name}/dev/"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, headers={"Authorization": token, **headers})
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    assert call("another-another-another", **{"x-api-key": METERED_KEY}) == 403
    assert [call(METERED_KEY, **{"x-api-key": "another"}) for _ in range(3)] == [200, 200, 429]
    assert ACCOUNT in arn


def test_settings_of_an_api_are_read_as_they_were_written(aws: Clients) -> None:
    rest = aws("apigateway")
    assert len(rest.create_api_key(name="generated", value="")["value"]) >= 20
    api = rest.create_rest_api(name="settings", tags={"Team": "a", "Old": "b"})
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    rest.put_method(**method, authorizationType="NONE")
    assert "httpMethod" not in rest.put_integration(**method, type="MOCK")
    assert "httpMethod" not in rest.get_integration(**method)
    rest.create_deployment(restApiId=api["id"], stageName="dev")
    assert "accessLogSettings" not in rest.get_stage(restApiId=api["id"], stageName="dev")
    plan = rest.create_usage_plan(name="unlimited")["id"]
    assert "throttle" not in rest.get_usage_plan(usagePlanId=plan)
    arn = f"arn:aws:apigateway:eu-west-1::/restapis/{api['id']}"
    rest.tag_resource(resourceArn=arn, tags={"Team": "c"})
    rest.untag_resource(resourceArn=arn, tagKeys=["Old"])
    assert rest.get_rest_api(restApiId=api["id"])["tags"] == {"Team": "c"}
    rest.tag_resource(resourceArn=f"{arn}/stages/dev", tags={"Team": "d"})
    assert rest.get_stage(restApiId=api["id"], stageName="dev")["tags"] == {"Team": "d"}


def test_an_update_of_a_usage_plan_keeps_the_types_of_its_members(aws: Clients) -> None:
    rest = aws("apigateway")
    api = rest.create_rest_api(name="limited")
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    rest.put_method(**method, authorizationType="NONE")
    rest.put_integration(**method, type="MOCK")
    rest.create_deployment(restApiId=api["id"], stageName="dev")
    plan = rest.create_usage_plan(name="limited", throttle={"burstLimit": 1, "rateLimit": 1.0})["id"]
    rest.update_usage_plan(
        usagePlanId=plan,
        patchOperations=[
            {"op": "replace", "path": "/throttle/burstLimit", "value": "5"},
            {"op": "add", "path": "/apiStages", "value": f"{api['id']}:dev"},
        ],
    )
    updated = rest.get_usage_plan(usagePlanId=plan)
    assert updated["throttle"]["burstLimit"] == 5
    assert updated["apiStages"] == [{"apiId": api["id"], "stage": "dev"}]
