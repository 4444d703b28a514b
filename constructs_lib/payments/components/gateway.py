"""The payment gateway: configuration, SDK and secret for the code that calls it."""

from collections.abc import Mapping
from pathlib import Path

from constructs_lib.aws.compute.python_packages import packages
from constructs_lib.aws.security.iam import Grantee
from constructs_lib.aws.security.secret import Secret
from constructs_lib.payments.components.foundation import Foundation
from constructs_lib.settings.schema import Gateway

STRIPE_SDK = ("stripe", "typing_extensions")


class PaymentGateway:
    """Creates the secret of Stripe's key if Stripe is the gateway of the environment.

    `variables` are environment variables of its callers. `sdk` has the packages of its adapter, as sources of
    a zip.
    """

    def __init__(self, foundation: Foundation) -> None:
        chosen = foundation.environment.payments.gateway
        self.variables = {"GATEWAY": chosen.value}
        self.sdk: Mapping[str, Path] = {}
        self._secret: Secret | None = None
        if chosen is Gateway.STRIPE:
            self._secret = Secret(
                foundation.stack,
                "Stripe",
                name=foundation.naming.secret("stripe"),
                description="Secret key of the account at Stripe",
                key=foundation.key,
                recovery_window=foundation.secret_recovery,
                supplied=True,
            )
            self.variables["STRIPE_SECRET_ID"] = self._secret.arn
            self.sdk = packages(STRIPE_SDK)

    def grant_use(self, grantee: Grantee) -> None:
        """Allows secretsmanager:GetSecretValue on its secret and use of the key, if it has a secret."""
        if self._secret:
            self._secret.grant_read(grantee)
