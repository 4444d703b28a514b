# The way for those who may read the whole state of the environment: every output at once.

variable "state_bucket" {
  description = "state.bucket in the environment's file."
  type        = string
  default     = "payments-terraform-state"
}

data "terraform_remote_state" "payments" {
  backend   = "s3"
  workspace = var.environment

  config = {
    bucket               = var.state_bucket
    key                  = "payments-${var.environment}.tfstate"
    region               = var.region
    workspace_key_prefix = "environments"
  }
}

output "api_url" {
  description = "Where payments are made"
  value       = data.terraform_remote_state.payments.outputs.api_url

  precondition {
    condition     = data.terraform_remote_state.payments.outputs.bus_arn == local.bus_arn
    error_message = "Parameters and state tell of different environments: is the parameter of this account?"
  }
}
