"""Cost budgets."""

from cdktf_cdktf_provider_aws.budgets_budget import (
    BudgetsBudget,
    BudgetsBudgetCostFilter,
    BudgetsBudgetNotification,
)
from constructs import Construct

from constructs_lib.aws.messaging.topic import AnyTopic

# Percent of the budget; a budget has five notifications at most.
WARNINGS = (("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


class Budget(Construct):
    """Creates a monthly cost budget that notifies a topic at 50, 80 and 100 %, and at a forecast of 100 %.

    It counts the costs of resources with one tag, which must be activated once as a cost allocation tag in
    the account that pays (Billing user guide, "Activating user-defined cost allocation tags").
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, tag: tuple[str, str], monthly_usd: int, topic: AnyTopic
    ) -> None:
        """`tag`: key and value."""
        super().__init__(scope, id)
        self.resource = BudgetsBudget(
            self,
            "Resource",
            name=name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(monthly_usd),
            limit_unit="USD",
            cost_filter=[BudgetsBudgetCostFilter(name="TagKeyValue", values=[f"user:{tag[0]}${tag[1]}"])],
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
