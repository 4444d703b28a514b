"""The budget."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.budgets_budget import (
    BudgetsBudget,
    BudgetsBudgetCostFilter,
    BudgetsBudgetNotification,
)
from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic

# Percent of the budget. Five are all that a budget takes.
WARNINGS = (("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


class Budget(Construct):
    """What an environment may cost in a month; tells the topic before and when it costs more.

    Costs are found by the tag Environment, which has to be made a cost allocation tag once in the account
    that pays (Billing user guide, "Activating user-defined cost allocation tags").
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, environment: str, monthly_usd: int, topic: AnyTopic
    ) -> None:
        super().__init__(scope, id)
        self.resource = BudgetsBudget(
            self,
            "Resource",
            name=name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(monthly_usd),
            limit_unit="USD",
            cost_filter=[
                BudgetsBudgetCostFilter(name="TagKeyValue", values=[f"user:Environment${environment}"])
            ],
            notification=[
                BudgetsBudgetNotification(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[topic.arn],
                )
                for kind, percent in WARNINGS
            ],
        )
