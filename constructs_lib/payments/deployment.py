"""Guard of the workspace, and the time of the first deployment."""

from cdktf import DataTerraformRemoteStateS3, TerraformOutput, TerraformResource
from constructs import Construct

from constructs_lib.payments.outputs import CREATED_AT, CREATED_AT_DESCRIPTION
from constructs_lib.settings.schema import AwsSettings, StateSettings
from constructs_lib.state.layout import PREFIX, state_key


class Deployment(Construct):
    """Stops every plan in a wrong workspace, and keeps the time of the first deployment.

    The time is an output that is read back from the stack's own state. Tags contain it, so it must be known
    during a plan: the attribute of a resource would be known only after the first apply.
    """

    def __init__(
        self, scope: Construct, id: str, *, stack: str, workspace: str, aws: AwsSettings, state: StateSettings
    ) -> None:
        super().__init__(scope, id)
        guard = TerraformResource(self, "Resource", terraform_resource_type="terraform_data")
        guard.add_override(
            "lifecycle.precondition",
            [
                {
                    "condition": f'${{terraform.workspace == "{workspace}"}}',
                    "error_message": (
                        f"This stack belongs in workspace {workspace}, but the selected one is "
                        f"${{terraform.workspace}}. Nothing was changed. Run `./payctl backend "
                        f"{workspace}` and synthesize again, or unset TF_WORKSPACE."
                    ),
                }
            ],
        )
        before = DataTerraformRemoteStateS3(
            self,
            "Before",
            bucket=state.bucket,
            key=state_key(stack),
            region=aws.region,
            workspace_key_prefix=PREFIX,
            workspace=workspace,
            defaults={CREATED_AT: "${plantimestamp()}"},
        )
        self.created_at = before.get_string(CREATED_AT)
        TerraformOutput(
            self, "CreatedAt", value=self.created_at, description=CREATED_AT_DESCRIPTION
        ).override_logical_id(CREATED_AT)
