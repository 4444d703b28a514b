"""What the environment tells others."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from constructs_lib.aws.checkov import accept
from constructs_lib.payments.outputs import PUBLISHED, output
from constructs_lib.settings.naming import Naming


class Published(Construct):
    """Names, ARNs and URLs, each as a Systems Manager parameter and as an output of the stack.

    `queue/url` becomes the parameter `/payments/<environment>/queue/url` and the output `queue_url`.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming, values: Mapping[str, str]) -> None:
        """Every one has its description in PUBLISHED. Raises KeyError."""
        super().__init__(scope, id)
        stack = TerraformStack.of(self)  # an output's name is its id there
        for path, value in values.items():
            label = output(path)
            parameter = SsmParameter(
                self,
                label,
                name=naming.parameter(path),
                description=PUBLISHED[path],
                type="String",
                value=value,
            )
            accept(parameter, CKV2_AWS_34="a name or an address, no secret; whoever reads it needs no key")
            TerraformOutput(stack, label, value=value, description=PUBLISHED[path])
