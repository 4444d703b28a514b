"""The Terraform module: its variables, its files, and no traces of the two syntheses."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Network
from typing import Any

import pytest

from constructs_lib.module_export.existing_resources import Use
from constructs_lib.module_export.files import files
from constructs_lib.module_export.interface import Interface, interface
from constructs_lib.module_export.variables import (
    BETWEEN,
    SETTINGS,
    allowed,
    declaration,
    kind_of,
    limits,
    variable_name,
)
from constructs_lib.payments.outputs import OUTPUTS, output_name
from constructs_lib.payments.registry import FUNCTIONS
from constructs_lib.settings.environments import load
from constructs_lib.settings.estate import EstateSettings
from constructs_lib.settings.existing_resources import UseSettings
from constructs_lib.settings.reader import ListOf, Text
from constructs_lib.settings.rules import RULES
from constructs_lib.settings.schema import BudgetSettings, Environment, NetworkSettings, SecuritySettings

pytestmark = pytest.mark.process

WITNESSES = re.compile(
    r"named(one|two)|-is-(one|two)|zz-|aaaa|bbbb|-topic-(one|two)|log-bucket-|subnet-[ab]0"
)
VARIABLE = re.compile(r"\bvar\.(\w+)")
DECLARED = re.compile(r'^variable "(\w+)"', re.MULTILINE)


def texts(made: dict[str, bytes]) -> dict[str, str]:
    return {path: content.decode() for path, content in made.items() if not path.endswith(".zip")}


@pytest.fixture(scope="module")
def generic() -> dict[str, bytes]:
    return files(interface(Environment(name="generic")))


@pytest.fixture(scope="module")
def with_existing() -> dict[str, bytes]:
    return files(interface(Environment(name="generic"), list(Use)))


@pytest.fixture(params=["generic", "with_existing"])
def made(request: pytest.FixtureRequest) -> dict[str, bytes]:
    found: dict[str, bytes] = request.getfixturevalue(request.param)
    return found


def test_a_module_has_the_files_that_people_look_for(generic: dict[str, bytes]) -> None:
    assert generic.keys() == {
        "README.md",
        "code/SettlementWorker.zip",
        *(f"code/{entry.id}.zip" for entry in FUNCTIONS.values()),
        "examples/complete/main.tf",
        "main.tf.json",
        "outputs.tf",
        "variables.tf",
        "versions.tf",
    }


def test_nothing_of_a_root_and_nothing_of_its_making_is_in_it(made: dict[str, bytes]) -> None:
    body = json.loads(made["main.tf.json"])
    assert sorted(body) == ["data", "ephemeral", "resource"]
    assert "terraform_remote_state" not in body["data"]
    assert "terraform_data" not in body["resource"]
    for path, text in texts(made).items():
        assert not WITNESSES.search(text), path
        assert '"//"' not in text


def test_every_variable_is_used_and_every_one_that_is_used_is_declared(made: dict[str, bytes]) -> None:
    declared = DECLARED.findall(made["variables.tf"].decode())
    assert sorted(declared) == sorted(set(declared))
    assert set(declared) == set(VARIABLE.findall(made["main.tf.json"].decode()))


def test_every_setting_in_the_table_is_a_variable(generic: dict[str, bytes]) -> None:
    declared = set(DECLARED.findall(generic["variables.tf"].decode()))
    assert {variable_name(path) for path in SETTINGS} < declared


def test_names_and_places_are_those_of_the_calling_root(generic: dict[str, bytes]) -> None:
    resources = json.loads(generic["main.tf.json"])["resource"]
    [table] = resources["aws_dynamodb_table"].values()
    assert table["name"] == "payments-${var.environment}"
    zones = {subnet["availability_zone"] for subnet in resources["aws_subnet"].values()}
    assert zones == {f"${{data.aws_region.current.name}}{letter}" for letter in "ab"}
    blocks = sorted(subnet["cidr_block"] for subnet in resources["aws_subnet"].values())
    assert blocks == [f"${{cidrsubnet(var.network_cidr, 3, {number})}}" for number in (0, 1, 4, 5)]
    [budget] = resources["aws_budgets_budget"].values()
    assert budget["cost_filter"][0]["values"] == ['user:Environment${"$"}${var.environment}']


def test_code_comes_with_the_module(generic: dict[str, bytes]) -> None:
    resources = json.loads(generic["main.tf.json"])["resource"]
    named = {function["filename"] for function in resources["aws_lambda_function"].values()}
    named |= {it["source"] for it in resources["aws_s3_object"].values()}
    assert named == {f"${{path.module}}/{path}" for path in generic if path.endswith(".zip")}


def test_every_resource_carries_its_own_tags(generic: dict[str, bytes]) -> None:
    tags = {
        "Environment": "${var.environment}",
        "Repository": "${var.repository}",
        "Author": "${var.commit_author}",
        "PRNumber": "${var.pr_number}",
        "Team": "${var.team}",
        "CreatedAt": "${var.created_at}",
    }
    resources = json.loads(generic["main.tf.json"])["resource"]
    for kind in ("aws_dynamodb_table", "aws_kms_key", "aws_s3_bucket", "aws_vpc", "aws_lambda_function"):
        for body in resources[kind].values():
            assert tags.items() <= body["tags"].items()
    [group] = resources["aws_autoscaling_group"].values()
    assert tags.items() <= {tag["key"]: tag["value"] for tag in group["tag"]}.items()


def test_the_same_module_has_the_same_bytes(generic: dict[str, bytes]) -> None:
    assert files(interface(Environment(name="generic"))) == generic


def test_every_output_is_published_and_described(generic: dict[str, bytes]) -> None:
    text = generic["outputs.tf"].decode()
    assert re.findall(r'^output "(\w+)"', text, re.MULTILINE) == sorted(map(output_name, OUTPUTS))
    assert text.count("  description = ") == len(OUTPUTS)
    assert "created_at" not in text


def test_what_is_brought_is_asked_for_and_not_made(with_existing: dict[str, bytes]) -> None:
    resources = json.loads(with_existing["main.tf.json"])["resource"]
    assert not {"aws_vpc", "aws_subnet", "aws_nat_gateway", "aws_kms_key", "aws_sns_topic"} & set(resources)
    declared = set(DECLARED.findall(with_existing["variables.tf"].decode()))
    existing = {"vpc_id", "private_subnet_ids", "key_arn", "log_bucket"} | {
        f"{topic}_topic_arn" for topic in ("cost", "ops", "security")
    }
    assert existing < declared
    assert not {"network_cidr", "network_flow_log_retention_days"} & declared
    assert "`network." not in with_existing["README.md"].decode()
    example = with_existing["examples/complete/main.tf"].decode()
    for name in existing:
        assert re.search(rf"^  {name} +=", example, re.MULTILINE)
    for function in resources["aws_lambda_function"].values():
        subnets = function["vpc_config"]["subnet_ids"]
        assert subnets == [f"${{data.aws_subnet.{subnet}.id}}" for subnet in _subnets(with_existing)]


def _subnets(made: dict[str, bytes]) -> list[str]:
    return sorted(json.loads(made["main.tf.json"])["data"]["aws_subnet"])


def test_a_module_tells_what_has_to_hold_for_what_its_root_brings(
    generic: dict[str, bytes], with_existing: dict[str, bytes]
) -> None:
    text = texts(with_existing)["README.md"]
    for passed in ("private_subnet_ids", "key_arn", "cost_topic_arn", "ops_topic_arn", "log_bucket"):
        assert f"`{passed}`" in text.partition("## Inputs")[0]
        assert f"`{passed}`" not in texts(generic)["README.md"].partition("## Inputs")[0]
    assert "`security_topic_arn` that allows `events.amazonaws.com` to publish" in text
    assert "`kms:GenerateDataKey` to\n  `events.amazonaws.com`.\n" in text  # its topics are not the module's


def test_a_key_admits_the_services_that_publish_to_the_modules_own_topics() -> None:
    made = files(interface(Environment(name="generic"), [Use.KEY]))
    assert "`budgets.amazonaws.com`, `cloudwatch.amazonaws.com`, `cost" in made["README.md"].decode()


def test_what_an_environment_uses_becomes_a_default() -> None:
    use = UseSettings(vpc="vpc-12345678", private_subnets=("subnet-12345678", "subnet-87654321"))
    variables = {
        it.name: it for it in interface(replace(load("dev"), estate=EstateSettings(use=use))).declarations
    }
    assert variables["vpc_id"].default == "vpc-12345678"
    assert variables["private_subnet_ids"].default == ["subnet-12345678", "subnet-87654321"]
    assert "key_arn" not in variables


def test_an_environments_settings_are_the_defaults() -> None:
    prod = {it.name: it.default for it in interface(load("prod")).declarations}
    assert prod["lambda_memory_mb"] == 1024
    assert prod["lambda_event_handler_timeout"] == 120
    assert prod["network_cidr"] == "10.2.0.0/16"
    assert prod["environment"] is None


def test_given_subnets_stay_and_their_block_is_no_variable() -> None:
    configured = NetworkSettings(
        cidr=IPv4Network("10.0.0.0/26"),
        public_subnets=(IPv4Network("10.0.0.0/28"), IPv4Network("10.0.0.16/28")),
        private_subnets=(IPv4Network("10.0.0.32/28"), IPv4Network("10.0.0.48/28")),
    )
    made = interface(Environment(name="dev", network=configured))
    assert "network_cidr" not in {it.name for it in made.declarations}
    assert made.inputs("one").environment.network == replace(
        configured, flow_log_retention_days=made.inputs("one").environment.network.flow_log_retention_days
    )


def test_what_an_account_has_once_is_left_to_the_root() -> None:
    once = Environment(
        name="prod",
        security=SecuritySettings(guard_duty=_member(SecuritySettings, "guard_duty", "create")),
        budget=BudgetSettings(anomalies=_member(BudgetSettings, "anomalies", "account")),
    )
    base = interface(once).base
    assert (base.security.guard_duty, base.budget.anomalies) == ("existing", "environment")


def _member(shape: Any, setting: str, value: str) -> Any:
    return type(getattr(shape(), setting))(value)


def test_a_readme_tells_what_is_needed_fixed_and_protected() -> None:
    text = files(interface(load("prod")))["README.md"].decode()
    assert "A GuardDuty detector in the region" in text
    assert "prevent_destroy" in text
    assert '| `fleet.instance_types` | `["m7g.medium", "m6g.medium"]` |' in text
    assert "| `environment` | `string` | required |" in text
    assert "| `aws_dynamodb_table` | 1 |" in text
    assert "state.bucket" not in text


# Variables


@pytest.mark.parametrize("path", SETTINGS)
def test_both_values_of_a_setting_are_within_its_limits(path: str) -> None:
    kind = kind_of(path)
    one, two = next(limits(kind, "x").pairs)
    assert one != two
    kind.read(one)
    kind.read(two)


def test_no_two_variables_have_the_same_two_values() -> None:
    placeholders = interface(Environment(name="generic"), list(Use)).placeholders
    pairs = [(type(it.one), it.one, it.two) for it in placeholders]
    assert len(pairs) == len(set(pairs))


def test_a_variable_is_limited_as_its_setting_is() -> None:
    made = declaration("lambda_.authorizer_timeout", Environment(name="dev"))
    assert (made.type, made.default) == ("number", 5)
    assert made.checks == (
        (
            "var.lambda_authorizer_timeout >= 1 && var.lambda_authorizer_timeout <= 29"
            " && floor(var.lambda_authorizer_timeout) == var.lambda_authorizer_timeout",
            "must be a whole number, 1 to 29",
        ),
    )
    level = declaration("lambda_.log_level", Environment(name="dev"))
    assert (level.type, level.default) == ("string", "INFO")
    assert level.checks[0][0] == 'contains(["DEBUG", "INFO", "WARN", "ERROR"], var.lambda_log_level)'
    days = declaration("logs.retention_days", Environment(name="dev"))
    assert (days.type, days.default) == ("number", 30)
    flag = declaration("fleet.detailed_monitoring", Environment(name="dev"))
    assert (flag.type, flag.default) == ("bool", False)


def test_a_text_is_limited_by_its_pattern() -> None:
    kind = Text("a|b", "a or b")
    assert limits(kind, "var.x").condition == 'can(regex("^(a|b)$", var.x))'
    assert allowed(kind) == "must be a or b"


def test_a_list_is_no_variable() -> None:
    with pytest.raises(TypeError, match="cannot be a variable"):
        limits(ListOf(Text("a", "a")), "var.x")


def test_rules_between_variables_are_those_between_settings() -> None:
    setting = {path.replace("_.", "."): path for path in SETTINGS}
    rules = {
        rule.requirement: {variable_name(key) for key in rule.keys}
        for rule in RULES
        if all(key.replace("_.", ".") in setting for key in rule.keys)
    }
    assert {must: set(VARIABLE.findall(condition)) for must, (_, condition) in BETWEEN.items()} == rules
    assert all(refused in rules[must] for must, (refused, _) in BETWEEN.items())


def test_a_synthesis_gets_the_first_or_the_second_values() -> None:
    made: Interface = interface(Environment(name="dev"))
    one, two = made.inputs("one"), made.inputs("two")
    assert (one.environment.name, two.environment.name) == ("namedone", "namedtwo")
    assert one.environment.lambda_.authorizer_timeout == timedelta(seconds=1)
    assert two.environment.lambda_.authorizer_timeout == timedelta(seconds=29)
    assert set(one.tags) == {"REPOSITORY", "COMMIT_AUTHOR", "PR_NUMBER", "TEAM"}
    assert all(one.tags[name] != two.tags[name] for name in one.tags)
    assert one.created_at != two.created_at
