"""Systems Manager parameters."""

from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from constructs_lib.aws.checkov import accept


class Parameter(SsmParameter):
    """Creates a parameter with plain text, such as the name or the address of a resource."""

    def __init__(self, scope: Construct, id: str, *, name: str, value: str, description: str) -> None:
        super().__init__(scope, id, name=name, type="String", value=value, description=description)
        accept(self, CKV2_AWS_34="a name or an address, no secret: readers need no key")
