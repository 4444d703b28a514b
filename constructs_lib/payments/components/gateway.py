"""The payment gateway: configuration, SDK and secret for the code that calls it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.aws.compute.python_packages import packages
from constructs_lib.aws.security.iam import Grantee
from constructs_lib.aws.security.secret import Secret
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.settings.schema import Gateway

STRIPE_SDK = ("stripe", "typing_extensions")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentGateway:
    """Represents the gateway of an environment.

    `variables` are environment variables of its callers. `sdk` has the packages of its adapter, as sources of
    a zip.
    """

    variables: Mapping[str, str]
    sdk: Mapping[str, Path]
    secret: Secret | None

    def grant_use(self, grantee: Grantee) -> None:
        """Allows secretsmanager:GetSecretValue on its secret and use of the key, if it has a secret."""
        if self.secret:
            self.secret.grant_read(grantee)


def make_gateway(foundation: Foundation) -> PaymentGateway:
    """Creates the secret of Stripe's key if Stripe is the gateway."""
    chosen = foundation.environment.payments.gateway
    variables = {"GATEWAY": chosen.value}
    if chosen is not Gateway.STRIPE:
        return PaymentGateway(variables=variables, sdk={}, secret=None)
    secret = Secret(
        foundation.stack,
        "Stripe",
        name=foundation.naming.secret("stripe"),
        description="Secret key of the account at Stripe",
        key=foundation.key,
        recovery_window=foundation.secret_recovery,
        supplied=True,
    )
    return PaymentGateway(
        variables={**variables, "STRIPE_SECRET_ID": secret.arn}, sdk=packages(STRIPE_SDK), secret=secret
    )
