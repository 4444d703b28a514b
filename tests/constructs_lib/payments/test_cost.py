import json

import pytest

from constructs_lib.aws.messaging.topic import AnyTopic
from constructs_lib.aws.monitoring.budget import Budget
from constructs_lib.aws.monitoring.cost_anomalies import CostAnomalies
from constructs_lib.payments.alerts import Alerts
from constructs_lib.payments.stack import PaymentStack
from constructs_lib.settings.naming import Naming
from constructs_lib.settings.schema import AlertsSettings, AnomalyMonitor, BudgetSettings, Environment
from tests.apps import app
from tests.constructs_lib.conftest import Builder, Synthesized

TAG = ("Environment", "dev")


def _topic(build: Builder) -> AnyTopic:
    alerts = Alerts(
        build.stack,
        "Alerts",
        naming=Naming("dev"),
        account=build.account,
        key=build.key(),
        endpoints=AlertsSettings(),
    )
    return alerts.cost


def _anomalies(build: Builder, tag: tuple[str, str] | None) -> Synthesized:
    CostAnomalies(
        build.stack,
        "CostAnomalies",
        name="payments-dev",
        tag=tag,
        impact_usd=10,
        topic=_topic(build),
    )
    return build.synth()


def test_a_budget_counts_its_environment_and_warns_before_and_when_it_is_used_up(build: Builder) -> None:
    Budget(
        build.stack,
        "Budget",
        name="payments-dev",
        tag=TAG,
        monthly_usd=100,
        topic=_topic(build),
    )
    budget = build.synth().one("aws_budgets_budget")
    notifications = budget.pop("notification")
    assert budget == {
        "name": "payments-dev",
        "budget_type": "COST",
        "time_unit": "MONTHLY",
        "limit_amount": "100",
        "limit_unit": "USD",
        "cost_filter": [{"name": "TagKeyValue", "values": ["user:Environment$dev"]}],
    }
    assert notifications == [
        {
            "notification_type": kind,
            "threshold": percent,
            "threshold_type": "PERCENTAGE",
            "comparison_operator": "GREATER_THAN",
            "subscriber_sns_topic_arns": ["${aws_sns_topic.Alerts_Cost.arn}"],
        }
        for kind, percent in (("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
    ]


def test_an_environment_watches_what_has_its_tag(build: Builder) -> None:
    monitor = _anomalies(build, TAG).one("aws_ce_anomaly_monitor")
    specification = json.loads(monitor.pop("monitor_specification"))
    assert monitor == {"name": "payments-dev", "monitor_type": "CUSTOM"}
    assert {key: value for key, value in specification.items() if value} == {
        "Tags": {"Key": "Environment", "Values": ["dev"], "MatchOptions": None}
    }


def test_an_account_watches_each_of_its_services(build: Builder) -> None:
    assert _anomalies(build, None).one("aws_ce_anomaly_monitor") == {
        "name": "payments-dev",
        "monitor_type": "DIMENSIONAL",
        "monitor_dimension": "SERVICE",
    }


@pytest.mark.parametrize("tag", [TAG, None])
def test_the_cost_topic_is_told_at_once_of_what_is_dear_and_unusual(
    build: Builder, tag: tuple[str, str] | None
) -> None:
    made = _anomalies(build, tag).one("aws_ce_anomaly_subscription")
    assert made == {
        "name": "payments-dev",
        "frequency": "IMMEDIATE",
        "monitor_arn_list": ["${aws_ce_anomaly_monitor.CostAnomalies.arn}"],
        "subscriber": [{"type": "SNS", "address": "${aws_sns_topic.Alerts_Cost.arn}"}],
        "threshold_expression": {
            "and": [
                {"dimension": {"key": key, "match_options": ["GREATER_THAN_OR_EQUAL"], "values": [value]}}
                for key, value in (
                    ("ANOMALY_TOTAL_IMPACT_ABSOLUTE", "10"),
                    ("ANOMALY_TOTAL_IMPACT_PERCENTAGE", "20"),
                )
            ]
        },
    }


def test_where_anomalies_are_off_there_is_neither_monitor_nor_subscription() -> None:
    environment = Environment(name="dev", budget=BudgetSettings(anomalies=AnomalyMonitor.OFF))
    made = Synthesized(PaymentStack(app(), environment, variables={}))
    assert not {kind for kind in made.types if kind.startswith("aws_ce_")}
