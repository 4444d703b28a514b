"""Clients of the tests' local AWS, in an account of their own."""

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
    """A Query request as Terraform's provider makes it: boto3 speaks CBOR to CloudWatch."""

    def ask(service: str, version: str, action: str, **members: str) -> str:
        body = urllib.parse.urlencode({"Action": action, "Version": version, **members})
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        request = AWSRequest("POST", f"{running.endpoint}/", kind, body)
        SigV4Auth(Credentials(ACCOUNT, running.secret), service, engine.REGION).add_auth(request)
        signed = urllib.request.Request(request.url, body.encode(), dict(request.headers))
        with urllib.request.urlopen(signed) as answer:
            return str(answer.read().decode())

    return ask


@pytest.fixture(scope="session")
def role(aws: Clients) -> Roles:
    """Make a role with a policy, and say its ARN."""

    def make(name: str, policy: str) -> str:
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": trust})
        made = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
        aws("iam").put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=policy)
        return str(made["Role"]["Arn"])

    return make


@pytest.fixture(scope="session")
def function(aws: Clients, role: Roles) -> Functions:
    """Make a function of a module's code, and say its ARN."""

    def make(name: str, code: str, policy: str) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", code)
        made = aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role(name, policy),
            Handler="app.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        return str(made["FunctionArn"])

    return make
