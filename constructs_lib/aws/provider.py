"""The AWS provider of a stack."""

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct


class Provider(AwsProvider):
    """Configures the AWS provider for one region; with `account_id` it refuses all other accounts."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        region: str,
        account_id: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """`tags`: default tags of all resources."""
        super().__init__(
            scope,
            id,
            region=region,
            allowed_account_ids=[account_id] if account_id else None,
            default_tags=[AwsProviderDefaultTags(tags=dict(tags))] if tags else None,
        )
