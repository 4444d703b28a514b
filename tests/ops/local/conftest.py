"""Clients of local AWS for tests, in a separate account."""

from __future__ import annotations

import io
import json
import urllib.parse
import urllib.request
import zipfile

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ops.local import engine
from tests.ops.local.support import ACCOUNT, Clients, Forms, Functions, Roles, clients


@pytest.fixture(scope="session")
def aws(running: engine.Running) -> Clients:
    return clients(running, ACCOUNT, running.secret)


@pytest.fixture(scope="session")
def form(running: engine.Running) -> Forms:
    """Sends a Query request as the Terraform provider does: boto3 uses CBOR for CloudWatch."""

    def send(service: str, version: str, action: str, **members: str) -> str:
        body = urllib.parse.urlencode({"Action": action, "Version": version, **members})
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        request = AWSRequest("POST", f"{running.endpoint}/", headers, body)
        SigV4Auth(Credentials(ACCOUNT, running.secret), service, engine.REGION).add_auth(request)
        signed = urllib.request.Request(request.url, body.encode(), dict(request.headers))
        with urllib.request.urlopen(signed) as answer:
            return str(answer.read().decode())

    return send


@pytest.fixture(scope="session")
def role(aws: Clients) -> Roles:
    """Creates a role with a policy and returns its ARN."""

    def create(name: str, policy: str) -> str:
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        created = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        aws("iam").put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=policy)
        return str(created["Role"]["Arn"])

    return create


@pytest.fixture(scope="session")
def function(aws: Clients, role: Roles) -> Functions:
    """Creates a Lambda function from the code of a module and returns its ARN."""

    def create(name: str, code: str, policy: str) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", code)
        created = aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role(name, policy),
            Handler="app.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        return str(created["FunctionArn"])

    return create
