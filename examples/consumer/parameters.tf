# The way for everybody: a parameter a value, and ssm:GetParameter on exactly those that are read.

data "aws_ssm_parameter" "bus" {
  name = "/payments/${var.environment}/bus/arn"
}

locals {
  # A parameter's value counts as secret; these are names, ARNs and URLs.
  bus_arn = nonsensitive(data.aws_ssm_parameter.bus.value)
  bus     = split("/", local.bus_arn)[1]
}
